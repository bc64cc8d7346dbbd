import { Failure } from '../failure.ts';
import { MINUTE_MS, minuteOf, type MinuteRow } from '../rollups/minute-row.ts';
import type { RollupRows } from '../rollups/ports.ts';
import { readMinutes } from '../rollups/read.ts';
import { caughtUp, newTotals, type Series, settle, type Totals, totalsSchema, withRows } from './totals.ts';

const ID = 'totals';
const MAX_TRIES = 5;

export interface ModelCounts {
  /** Counters: they only go up. */
  readonly series: readonly Series[];
  /** The rows of the last minutes, ten of them at least. */
  readonly rows: readonly MinuteRow[];
}

/**
 * A model's counters now. Reads the counters' row and the minutes that are not in it; now and then, it adds those that
 * have settled, by compare-and-swap, so that each is added by one host and once.
 * @param now milliseconds since 1970-01-01T00:00Z
 * @throws Failure `unavailable`
 */
export async function readTotals(rollups: RollupRows, model: string, now: number): Promise<ModelCounts> {
  const shard = `${model}:${ID}`;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    // In sequence: a try that somebody else's write has crossed is no consistent reading
    const stored = await rollups.read(shard, ID);
    const totals: Totals =
      stored === undefined ? newTotals(now) : caughtUp(totalsSchema.parse(stored.value), now);
    const rows = await readMinutes(rollups, {
      model,
      from: Math.min(totals.settledBefore, minuteOf(now) - 10 * MINUTE_MS),
      to: minuteOf(now) + 2 * MINUTE_MS,
    });
    const settled = settle(totals, rows, now);
    const series = withRows(totals, rows);
    if (stored === undefined) {
      if ((await rollups.create(shard, ID, settled ?? totals)) !== undefined) return { series, rows };
    } else if (settled !== undefined) {
      if ((await rollups.replace(shard, ID, settled, stored.etag)) !== undefined) return { series, rows };
    } else if ((await rollups.read(shard, ID))?.etag === stored.etag) return { series, rows };
  }
  throw new Failure('unavailable', `The counters of '${model}' are written by others all the time`);
}
