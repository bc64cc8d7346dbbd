import { z } from 'zod';
import { versionSchema } from '../registry/rows.ts';
import {
  MINUTE_MS,
  minuteOf,
  type MinuteRow,
  requestCountsSchema,
  requestSumsSchema,
} from '../rollups/minute-row.ts';
import { sumByVersion } from '../rollups/read.ts';
import { latencyHistogram, latencyHistogramSchema, mergeLatencies } from './latency-histogram.ts';

/** Everything that was ever counted of a version in one role. */
export const seriesSchema = z.object({
  version: versionSchema,
  variant: z.enum(['champion', 'canary']),
  counts: requestCountsSchema,
  decisions: requestSumsSchema.shape.decisions,
  latency: latencyHistogramSchema,
  /** The last minute that it had a request in; milliseconds since 1970-01-01T00:00Z. */
  lastMinute: z.int().nonnegative(),
});
export type Series = z.infer<typeof seriesSchema>;

/**
 * A model's counters, the one truth of all hosts: minute rows are added to them once, and expire. What a host publishes
 * are these counters and all rows of later minutes, so it never goes back, whichever host answers.
 */
export const totalsSchema = z.object({
  kind: z.literal('totals'),
  /** The rows of minutes before this time are in the counters. */
  settledBefore: z.int().nonnegative(),
  series: z.array(seriesSchema),
});
export type Totals = z.infer<typeof totalsSchema>;

/** Minutes are added so long after their end: what is collected later still would be missing. */
const SETTLE_MS = 10 * MINUTE_MS;
/** Where nobody has asked for so long, minutes from before are left out: a counter of times that nobody watched. */
const MAX_BEHIND_MS = 60 * MINUTE_MS;
/** Without requests, the counters are written only so often. */
const IDLE_MS = 30 * MINUTE_MS;
/** Versions and roles that are published; those without requests for longest are forgotten. */
const MAX_SERIES = 40;

/** Counters that have counted nothing. @param now milliseconds since 1970-01-01T00:00Z */
export function newTotals(now: number): Totals {
  return { kind: 'totals', settledBefore: minuteOf(now) - MAX_BEHIND_MS, series: [] };
}

/** The counters as they count on after a pause. */
export function caughtUp(totals: Totals, now: number): Totals {
  const least = minuteOf(now) - MAX_BEHIND_MS;
  return totals.settledBefore >= least ? totals : { ...totals, settledBefore: least };
}

/** The counters with all rows of later minutes. @param rows of the model; those of minutes before are left out */
export function withRows({ settledBefore, series }: Totals, rows: readonly MinuteRow[]): Series[] {
  const later = rows.filter(({ minute }) => minute >= settledBefore);
  const found = new Map(series.map((one) => [keyOf(one), one]));
  for (const { version, variant, sums } of sumByVersion(later)) {
    const lastMinute = Math.max(
      ...later
        .filter((row) => row.kind === 'requests' && keyOf(row) === keyOf({ version, variant }))
        .map(({ minute }) => minute),
    );
    const { counts, decisions, latencies } = sums;
    const fresh = { version, variant, counts, decisions, latency: latencyHistogram(latencies), lastMinute };
    const before = found.get(keyOf(fresh));
    found.set(keyOf(fresh), before === undefined ? fresh : merge(before, fresh));
  }
  return [...found.values()].toSorted((a, b) => b.lastMinute - a.lastMinute).slice(0, MAX_SERIES);
}

/** The counters with those rows that have settled; undefined where a write would not be worth it. */
export function settle(totals: Totals, rows: readonly MinuteRow[], now: number): Totals | undefined {
  const settledBefore = minuteOf(now - SETTLE_MS);
  if (settledBefore <= totals.settledBefore) return undefined;
  const settled = rows.filter(
    (row) => row.kind === 'requests' && row.minute >= totals.settledBefore && row.minute < settledBefore,
  );
  if (settled.length === 0 && settledBefore - totals.settledBefore < IDLE_MS) return undefined;
  return { kind: 'totals', settledBefore, series: withRows(totals, settled) };
}

function merge(left: Series, right: Series): Series {
  return {
    version: left.version,
    variant: left.variant,
    counts: added(left.counts, right.counts),
    decisions: added(left.decisions, right.decisions),
    latency: mergeLatencies(left.latency, right.latency),
    lastMinute: Math.max(left.lastMinute, right.lastMinute),
  };
}

function added<T extends Record<string, number>>(left: T, right: T): T {
  const sum: T = { ...left };
  return Object.assign(
    sum,
    Object.fromEntries(Object.entries(left).map(([name, count]) => [name, count + (right[name] ?? 0)])),
  );
}

function keyOf({ version, variant }: Pick<Series, 'version' | 'variant'>): string {
  return `${version} ${variant}`;
}
