import type { StatementSync } from 'node:sqlite';
import type { HistoryEvent } from '../history.ts';
import type { HubDatabase } from './hub-database.ts';
import { text } from './sql-values.ts';
import { parseEvents } from './stored-events.ts';

/** How much of the histories' texts may be remembered, in characters; as objects they take about three times as much. */
const REMEMBERED = 8_000_000;

interface Remembered {
  readonly claim: number;
  readonly events: readonly HistoryEvent[];
  readonly size: number;
}

/** The histories of the instances, one row for each turn. Instances are named by their key. */
export class HistoryTable {
  readonly #add: StatementSync;
  readonly #remove: StatementSync;
  readonly #read: StatementSync;
  /** The oldest first. */
  readonly #remembered = new Map<number, Remembered>();
  #size = 0;

  constructor(database: HubDatabase) {
    this.#add = database.prepare('INSERT INTO history (instance, events) VALUES (?, ?)');
    this.#remove = database.prepare('DELETE FROM history WHERE instance = ?');
    this.#read = database.prepare('SELECT events FROM history WHERE instance = ? ORDER BY part');
    database.onRollback(() => {
      this.#remembered.clear();
      this.#size = 0;
    });
  }

  read(key: number): HistoryEvent[] {
    return this.#read.all(key).flatMap(({ events }) => parseEvents(text(events)));
  }

  /**
   * The history of an instance that was taken for the `claim`-th time. What this process wrote in the turn before need
   * not be read again: nobody else has had the instance in between.
   */
  past(key: number, claim: number): readonly HistoryEvent[] {
    const remembered = this.#remembered.get(key);
    if (remembered?.claim === claim - 1) return remembered.events;
    const texts = this.#read.all(key).map(({ events }) => text(events));
    const events = texts.flatMap(parseEvents);
    this.#remember(key, {
      claim: claim - 1,
      events,
      size: texts.reduce((sum, { length }) => sum + length, 0),
    });
    return events;
  }

  /**
   * @param claim which taking of the instance the turn belongs to
   * @param past what `past` gave for it, or nothing where that was removed
   */
  append(key: number, claim: number, past: readonly HistoryEvent[], events: readonly HistoryEvent[]): void {
    let size = this.#remembered.get(key)?.size ?? 0;
    if (events.length > 0) {
      const written = JSON.stringify(events);
      this.#add.run(key, written);
      size += written.length;
    }
    this.#remember(key, { claim, events: past.concat(events), size });
  }

  remove(key: number): void {
    this.#remove.run(key);
    this.forget(key);
  }

  forget(key: number): void {
    const remembered = this.#remembered.get(key);
    if (remembered === undefined) return;
    this.#size -= remembered.size;
    this.#remembered.delete(key);
  }

  #remember(key: number, remembered: Remembered): void {
    this.forget(key);
    this.#remembered.set(key, remembered);
    this.#size += remembered.size;
    for (const oldest of this.#remembered.keys()) {
      if (this.#size <= REMEMBERED) return;
      this.forget(oldest);
    }
  }
}
