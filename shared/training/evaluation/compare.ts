import { z } from 'zod';
import { upperNormalQuantile } from '../../promotion/normal-quantile.ts';
import type { Clusters } from './clusters.ts';
import { delong } from './delong.ts';
import { CONFIDENCE, type Interval, intervalSchema, percentileInterval } from './interval.ts';
import { METRICS } from './metric-names.ts';
import { type Measurable, measureAll, type ResamplePlan, resample } from './resample.ts';

const differencesSchema = z.partialRecord(z.enum(METRICS), intervalSchema);

/** A candidate beside the champion on rows that neither was trained on: candidate − champion. */
export const comparisonSchema = z.object({
  champion: z.object({ version: z.string() }),
  rows: z.int().nonnegative(),
  positives: z.int().nonnegative(),
  /** The champion's own figures on these rows. */
  championMetrics: differencesSchema,
  differences: differencesSchema,
});
export type Comparison = z.infer<typeof comparisonSchema>;

/** A version's scores of the rows of a comparison. */
export interface ComparedVersion extends Measurable {
  /** Probabilities by row number. */
  readonly p: Float64Array;
}

/**
 * Compares two versions on the same rows, in pairs: the difference of the AUC-ROC by DeLong's covariance, the others by
 * resampling both with the same weights.
 * @param y labels of the rows
 */
export function compareWithChampion(
  y: Uint8Array,
  candidate: ComparedVersion,
  champion: ComparedVersion & { readonly version: string },
  plan: ResamplePlan,
): Comparison {
  const now = measureAll(candidate);
  const before = measureAll(champion);
  const [mine, other] = resample([candidate, champion], plan);
  const differences: Comparison['differences'] = {};
  const championMetrics: Comparison['championMetrics'] = {};
  for (const metric of METRICS) {
    const drawn = mine![metric].map((value, index) => value - other![metric][index]!);
    const difference = percentileInterval(now[metric] - before[metric], drawn);
    if (difference !== undefined) differences[metric] = difference;
    const championValue = percentileInterval(before[metric], other![metric]);
    if (championValue !== undefined) championMetrics[metric] = championValue;
  }
  const isWeighted = candidate.ranked.weights.some((weight) => weight !== 1);
  const exact = isWeighted ? undefined : aucDifference(y, candidate.p, champion.p, plan.clusters);
  if (exact !== undefined) differences.aucRoc = exact;
  return {
    champion: { version: champion.version },
    rows: y.length,
    positives: y.reduce((sum, label) => sum + label, 0),
    championMetrics,
    differences,
  };
}

/**
 * The difference of two areas under the ROC curve on the same rows, a − b, with DeLong's interval.
 * @returns undefined where a class has fewer than two rows
 */
export function aucDifference(
  y: Uint8Array,
  a: Float64Array,
  b: Float64Array,
  clusters: Clusters,
): Interval | undefined {
  // Rows of their own need no clusters, and then the variance is DeLong's to the letter.
  const { aucs, covariance } = delong(y, [a, b], clusters.count === y.length ? undefined : clusters);
  const variance = covariance[0]![0]! + covariance[1]![1]! - 2 * covariance[0]![1]!;
  const value = aucs[0]! - aucs[1]!;
  if (!Number.isFinite(value) || !Number.isFinite(variance)) return undefined;
  const reach = upperNormalQuantile((1 - CONFIDENCE) / 2) * Math.sqrt(Math.max(0, variance));
  return { value, lower: value - reach, upper: value + reach };
}
