import { type Interval, percentileInterval } from '../training/evaluation/interval.ts';
import { drawPoisson } from '../training/evaluation/poisson.ts';
import { createRandom, type Random } from '../training/random.ts';
import { metricsOf, PERFORMANCE_METRICS } from './realised.ts';
import type { Confusion, PositiveRows, RankedCell } from './window-tally.ts';

export type MetricName = (typeof PERFORMANCE_METRICS)[number];

const RESAMPLES = 400;
const LEAST_RESAMPLES = 100;
/** Visits of groups that all resamples together may make: a second. */
const MOST_VISITS = 20_000_000;

/** Rows that are counted by score. */
export interface CountedRows {
  /** From the highest score to the lowest. */
  readonly cells: readonly RankedCell[];
  /** Of the positive rows those that are drawn; what the cells have beyond them stays as it is. */
  readonly positives: PositiveRows;
  readonly confusion: Confusion;
}

/**
 * The metrics of counted rows with their 95 % intervals: whole accounts of the positive rows are drawn with Poisson
 * weights, as in `training/evaluation/resample.ts`; of the negative ones, whose part in the error is small, each by itself.
 * @returns metrics that the rows define; the same for the same seed
 */
export function resampledMetrics(rows: CountedRows, seed: number): Partial<Record<MetricName, Interval>> {
  const { positives, confusion } = rows;
  const random = createRandom(seed);
  const groups = groupsOf(rows);
  const accounts = new Map<number, number>();
  const of = positives.accounts.map((account) => {
    const known = accounts.get(account) ?? accounts.size;
    accounts.set(account, known);
    return known;
  });
  const weights = new Uint8Array(accounts.size);
  const resamples = Math.min(
    RESAMPLES,
    Math.max(LEAST_RESAMPLES, Math.floor(MOST_VISITS / Math.max(1, groups.length))),
  );
  const drawn = new Map(PERFORMANCE_METRICS.map((metric) => [metric, new Float64Array(resamples)]));
  const flaggedRows = positives.flagged.filter(Boolean).length;
  const fixed = {
    tp: confusion.tp - flaggedRows,
    fn: confusion.fn - (positives.flagged.length - flaggedRows),
  };
  for (let index = 0; index < resamples; index += 1) {
    drawPoisson(weights, random);
    let { tp, fn } = fixed;
    for (const [row, account] of of.entries()) {
      const weight = weights[account] ?? 0;
      if (positives.flagged[row] === true) tp += weight;
      else fn += weight;
    }
    const fp = poisson(confusion.fp, random);
    const tn = poisson(confusion.tn, random);
    const values = metricsOf(
      { tp, fp, tn, fn },
      groups.map((group) => ({
        positives: group.rows.reduce((sum, row) => sum + (weights[of[row] ?? 0] ?? 0), group.others),
        negatives: poisson(group.negatives, random),
      })),
    );
    for (const [metric, found] of drawn) found[index] = values[metric] ?? Number.NaN;
  }
  const exact = metricsOf(confusion, rows.cells);
  const intervals: Partial<Record<MetricName, Interval>> = {};
  for (const [metric, found] of drawn) {
    const interval = percentileInterval(exact[metric] ?? Number.NaN, found);
    if (interval !== undefined) intervals[metric] = interval;
  }
  return intervals;
}

interface Group {
  readonly rows: readonly number[];
  /** Positive rows that are not drawn. */
  readonly others: number;
  negatives: number;
}

/**
 * The cells with the positive rows of each. Neighbouring cells without a positive row become one, which changes no metric
 * and leaves no more groups than twice the cells with positive rows.
 */
function groupsOf({ cells, positives }: CountedRows): Group[] {
  const rowsOf = Map.groupBy(positives.scores.keys(), (row) => positives.scores[row]);
  const groups: Group[] = [];
  for (const { score, positives: found, negatives } of cells) {
    const before = groups.at(-1);
    const rows = rowsOf.get(score) ?? [];
    if (found === 0 && before?.rows.length === 0 && before.others === 0) before.negatives += negatives;
    else groups.push({ rows, others: found - rows.length, negatives });
  }
  return groups;
}

/** Knuth's product of uniform numbers for small means; beyond them a rounded normal variable (Box and Muller). */
function poisson(mean: number, random: Random): number {
  if (mean === 0) return 0;
  if (mean > 30) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}
