import { z } from 'zod';
import { upperNormalQuantile } from '../../promotion/normal-quantile.ts';
import { CONFIDENCE } from './interval.ts';
import { measure, type RowMetrics } from './measure.ts';
import type { RankedRows } from './ranked-rows.ts';
import { wilsonInterval } from './wilson.ts';

/** What is measured of each segment; the other metrics need more rows than a segment has. */
export const SEGMENT_METRICS = [
  'aucRoc',
  'averagePrecision',
  'precision',
  'recall',
  'falsePositiveRate',
  'flaggedRate',
  'observedToExpected',
] as const satisfies readonly (keyof RowMetrics)[];

export const segmentSchema = z.object({
  value: z.string(),
  rows: z.int().nonnegative(),
  positives: z.int().nonnegative(),
  /** Reviewed or blocked although negative. */
  falsePositives: z.int().nonnegative(),
  /** Too few rows for its figures to be compared with others'. */
  small: z.boolean(),
  /** How many values it is made of, where they were merged. */
  merged: z.int().positive().optional(),
  metrics: z.partialRecord(z.enum(SEGMENT_METRICS), z.number()),
});
export type Segment = z.infer<typeof segmentSchema>;

/** The greatest difference of false positive rates between two segments of a column. */
const gapSchema = z.object({
  value: z.number(),
  /** Limits that hold for all pairs of the column's segments together. */
  lower: z.number(),
  upper: z.number(),
  highest: z.string(),
  lowest: z.string(),
});
export type SegmentGap = z.infer<typeof gapSchema>;

export const segmentTableSchema = z.object({
  column: z.string(),
  segments: z.array(segmentSchema),
  falsePositiveRateGap: gapSchema.optional(),
});
export type SegmentTable = z.infer<typeof segmentTableSchema>;

export const OTHER_VALUES = '(other values)';
export const NO_VALUE = '(none)';

/** Values with fewer rows are merged. */
const LEAST_ROWS = 50;
/** Segments with fewer negative rows are marked as small. */
const LEAST_NEGATIVES = 100;
/** The most values that a column is shown by. */
const MOST_SEGMENTS = 20;

/**
 * Measures the rows of each value of a column. Rare values are merged; what is still too small is marked and left out of
 * the gap, since the rates of few rows differ anyway.
 * @param values the column's value of each row; undefined where it has none
 */
export function segmentTable(
  column: string,
  values: readonly (string | undefined)[],
  ranked: RankedRows,
  isFlagged: (row: number) => boolean,
  y: Uint8Array,
): SegmentTable {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value ?? NO_VALUE, (counts.get(value ?? NO_VALUE) ?? 0) + 1);
  const byCount = [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const large = byCount.filter(([, rows]) => rows >= LEAST_ROWS).slice(0, MOST_SEGMENTS);
  // A single rare value keeps its name.
  const own = byCount.length - large.length === 1 ? byCount : large;
  const names = own.map(([value]) => value);
  const merged = byCount.length - own.length;
  if (merged > 0) names.push(OTHER_VALUES);

  const place = new Map(own.map(([value], index) => [value, index]));
  const members: number[][] = names.map(() => []);
  for (const [row, value] of values.entries()) members[place.get(value ?? NO_VALUE) ?? own.length]!.push(row);

  const segments = names.map((name, index) =>
    measured(name, members[index]!, ranked, isFlagged, y, index === own.length ? merged : undefined),
  );
  const gap = falsePositiveRateGap(segments);
  return { column, segments, ...(gap === undefined ? {} : { falsePositiveRateGap: gap }) };
}

function measured(
  value: string,
  rows: readonly number[],
  ranked: RankedRows,
  isFlagged: (row: number) => boolean,
  y: Uint8Array,
  merged: number | undefined,
): Segment {
  const weights = new Float64Array(ranked.rows);
  let positives = 0;
  let falsePositives = 0;
  for (const row of rows) {
    weights[row] = ranked.weights[row]!;
    positives += y[row]!;
    if (y[row] === 0 && isFlagged(row)) falsePositives += 1;
  }
  const all = measure(ranked, weights);
  const defined = SEGMENT_METRICS.flatMap((name) =>
    Number.isFinite(all[name]) ? [[name, all[name]] as const] : [],
  );
  return {
    value,
    rows: rows.length,
    positives,
    falsePositives,
    small: rows.length - positives < LEAST_NEGATIVES,
    ...(merged === undefined ? {} : { merged }),
    metrics: Object.fromEntries(defined),
  };
}

/**
 * The gap between the segments with the highest and the lowest false positive rate, with Newcombe's interval ("Interval
 * estimation for the difference between independent proportions", 1998, method 10). The pair was chosen because it is
 * the worst, so its level is that of all pairs together (Bonferroni).
 */
function falsePositiveRateGap(segments: readonly Segment[]): SegmentGap | undefined {
  const compared = segments.filter(({ small }) => !small);
  const pairs = (compared.length * (compared.length - 1)) / 2;
  if (pairs === 0) return undefined;
  const reach = upperNormalQuantile((1 - CONFIDENCE) / 2 / pairs);
  const rates = compared.map(({ value, rows, positives, falsePositives }) => {
    const n = rows - positives;
    return { value, rate: falsePositives / n, ...wilsonInterval(falsePositives, n, reach) };
  });
  const ascending = rates.toSorted((a, b) => a.rate - b.rate);
  const [lowest, highest] = [ascending[0]!, ascending.at(-1)!];
  const value = highest.rate - lowest.rate;
  return {
    value,
    lower: value - Math.hypot(highest.rate - highest.lower, lowest.upper - lowest.rate),
    upper: value + Math.hypot(highest.upper - highest.rate, lowest.rate - lowest.lower),
    highest: highest.value,
    lowest: lowest.value,
  };
}
