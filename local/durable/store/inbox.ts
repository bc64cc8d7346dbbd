import type { StatementSync } from 'node:sqlite';
import type { HubDatabase } from './hub-database.ts';
import type { InboxMessage, NewMessage } from '../instance.ts';
import { integer, text } from './sql-values.ts';
import { parseEvent } from './stored-events.ts';

/** An instance that a host has taken. */
export interface Taken {
  readonly key: number;
  /** How often it was taken, this time included: the turn's right to be committed. */
  readonly claim: number;
}

/** The first message that waits, as columns of `living`. */
export const FIRST_MESSAGE = `
  SELECT max(visible_at, not_before), sequence FROM messages
  WHERE instance = living.key ORDER BY visible_at, sequence LIMIT 1`;

/**
 * The instances that have not ended, their messages, and which host has which. An index holds the moment at which each
 * is due, so that those that wait cost nothing.
 */
export class Inbox {
  readonly #open: StatementSync;
  readonly #close: StatementSync;
  readonly #put: StatementSync;
  readonly #due: StatementSync;
  readonly #anyDue: StatementSync;
  readonly #fire: StatementSync;
  readonly #next: StatementSync;
  readonly #take: StatementSync;
  readonly #visible: StatementSync;
  readonly #isTaken: StatementSync;
  readonly #remove: StatementSync;
  readonly #removeOther: StatementSync;
  readonly #removeAll: StatementSync;
  readonly #release: StatementSync;
  readonly #nextVisible: StatementSync;

  constructor(database: HubDatabase) {
    this.#open = database.prepare('INSERT INTO living (key, not_before, claim) VALUES (?, 0, 0)');
    this.#close = database.prepare('DELETE FROM living WHERE key = ?');
    this.#put = database.prepare(
      'INSERT INTO messages (instance, visible_at, execution_id, event) VALUES (?, ?, ?, ?)',
    );
    this.#due = database.prepare(`
      UPDATE living SET due_at = max(:visibleAt, not_before), due_order = :sequence
      WHERE key = :key AND host IS NULL AND (due_at IS NULL OR due_at > max(:visibleAt, not_before))`);
    this.#anyDue = database.prepare(
      'SELECT 1 FROM living WHERE host IS NULL AND due_at IS NOT NULL AND due_at <= ? LIMIT 1',
    );
    this.#fire = database.prepare(`
      UPDATE living SET due_at = 0, due_order = (SELECT max(sequence) FROM messages)
      WHERE host IS NULL AND due_at IS NOT NULL AND due_at > 0 AND due_at <= ?`);
    this.#next = database.prepare(
      'SELECT key FROM living WHERE host IS NULL AND due_at = 0 ORDER BY due_order LIMIT ?',
    );
    this.#take = database.prepare(
      'UPDATE living SET host = ?, claim = claim + 1, not_before = 0 WHERE key = ? RETURNING claim',
    );
    this.#visible = database.prepare(`
      SELECT sequence, event FROM messages WHERE instance = ? AND visible_at <= ? ORDER BY sequence`);
    this.#isTaken = database.prepare('SELECT 1 FROM living WHERE key = ? AND claim = ? AND host IS NOT NULL');
    this.#remove = database.prepare(
      'DELETE FROM messages WHERE instance = ? AND visible_at <= ? AND sequence <= ?',
    );
    this.#removeOther = database.prepare('DELETE FROM messages WHERE instance = ? AND execution_id <> ?');
    this.#removeAll = database.prepare('DELETE FROM messages WHERE instance = ?');
    this.#release = database.prepare(`
      UPDATE living SET host = NULL, not_before = :notBefore, (due_at, due_order) = (
        SELECT max(visible_at, :notBefore), sequence FROM messages
        WHERE instance = :key ORDER BY visible_at, sequence LIMIT 1)
      WHERE key = :key`);
    this.#nextVisible = database.prepare(`
      SELECT due_at FROM living WHERE host IS NULL AND due_at IS NOT NULL AND due_at > ? ORDER BY due_at LIMIT 1`);
  }

  open(key: number): void {
    this.#open.run(key);
  }

  /** Forgets an instance that ends, and its messages. */
  close(key: number): void {
    this.#close.run(key);
    this.#removeAll.run(key);
  }

  put(key: number, { visibleAt, executionId, event }: NewMessage): void {
    const { lastInsertRowid } = this.#put.run(key, visibleAt, executionId, JSON.stringify(event));
    this.#due.run({ key, visibleAt, sequence: lastInsertRowid });
  }

  anyDue(now: number): boolean {
    return this.#anyDue.get(now) !== undefined;
  }

  /** Takes instances that have visible messages; those that have waited longest first. */
  take(most: number, now: number, host: number): Taken[] {
    // Whatever has become visible queues up behind what was already: neither can starve the other.
    this.#fire.run(now);
    return this.#next.all(most).map((row) => {
      const key = integer(row['key']);
      return { key, claim: integer(this.#take.get(host, key)?.['claim']) };
    });
  }

  visible(key: number, now: number): InboxMessage[] {
    return this.#visible.all(key, now).map(({ sequence, event }) => ({
      sequence: integer(sequence),
      event: parseEvent(text(event)),
    }));
  }

  /** Whether nobody has taken the instance since. */
  isTaken({ key, claim }: Taken): boolean {
    return this.#isTaken.get(key, claim) !== undefined;
  }

  /** Removes what `visible` gave at the time `now`. @param last the highest sequence of it */
  remove(key: number, now: number, last: number): void {
    this.#remove.run(key, now, last);
  }

  /** Removes messages for other executions. */
  removeOther(key: number, executionId: string): void {
    this.#removeOther.run(key, executionId);
  }

  /** Lets an instance be taken again, not before the given time. */
  release(key: number, notBefore: number): void {
    this.#release.run({ key, notBefore });
  }

  nextVisible(now: number): number | undefined {
    const row = this.#nextVisible.get(now);
    return row === undefined ? undefined : integer(row['due_at']);
  }
}
