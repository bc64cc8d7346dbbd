import { concurrently } from '../events/concurrently.ts';
import { Failure } from '../failure.ts';
import { countPairs, pairsKey } from './count-pairs.ts';
import { countRequests, requestsKey } from './count-requests.ts';
import { emptyRow, type MinuteRow, minuteRowSchema, rowId, shardOf } from './minute-row.ts';
import type { Countable, EventCounter, RollupRows } from './ports.ts';

/** Rows that are written at the same time. */
const MAX_AT_ONCE = 8;
/** Rows that are remembered with their ETags: those of the last minutes, which go on growing. */
const MAX_REMEMBERED = 500;
/** A write is lost to a worker that had the partition before or will have it next: that is over in a moment. */
const MAX_TRIES = 10;

interface KnownRow {
  readonly row: MinuteRow;
  readonly etag: string;
}

interface Group {
  /** As it is before its first event. */
  readonly empty: MinuteRow;
  readonly events: Countable[];
}

/** Counts events in minute rows: one write for each row that a batch concerns. */
export class RollupWriter implements EventCounter {
  readonly #rows: RollupRows;
  readonly #known = new Map<string, KnownRow>();

  constructor(rows: RollupRows) {
    this.#rows = rows;
  }

  async count(partition: string, events: readonly Countable[]): Promise<void> {
    const groups = new Map<string, Group>();
    for (const event of events) {
      const key = event.kind === 'prediction' ? requestsKey(partition, event) : pairsKey(partition, event);
      const name = `${key.model}/${rowId(key)}`;
      const group = groups.get(name);
      if (group === undefined) groups.set(name, { empty: emptyRow(key), events: [event] });
      else group.events.push(event);
    }
    await concurrently([...groups.values()], MAX_AT_ONCE, (group) => this.#write(group));
  }

  /** Brings a row up to date by compare-and-swap. */
  async #write({ empty, events }: Group): Promise<void> {
    const [shard, id] = [shardOf(empty), rowId(empty)];
    const name = `${shard}/${id}`;
    let known = this.#known.get(name);
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const row = countEvents(known?.row ?? empty, events);
      if (row === undefined) return;
      // In sequence: each try depends on the one before
      const etag =
        known === undefined
          ? await this.#rows.create(shard, id, row)
          : await this.#rows.replace(shard, id, row, known.etag);
      if (etag !== undefined) return this.#remember(name, { row, etag });
      const found = await this.#rows.read(shard, id);
      known = found && { row: minuteRowSchema.parse(found.value), etag: found.etag };
    }
    throw new Failure('unavailable', `The minute row ${name} is written by others all the time`);
  }

  #remember(name: string, known: KnownRow): void {
    this.#known.delete(name);
    this.#known.set(name, known);
    const oldest = this.#known.keys().next();
    if (this.#known.size > MAX_REMEMBERED && oldest.done === false) this.#known.delete(oldest.value);
  }
}

function countEvents(row: MinuteRow, events: readonly Countable[]): MinuteRow | undefined {
  return row.kind === 'requests' ? countRequests(row, events) : countPairs(row, events);
}
