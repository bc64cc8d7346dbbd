import { createRandom } from '../random.ts';
import { type CardDays, cardPrecision } from './card-precision.ts';
import type { Clusters } from './clusters.ts';
import { measure } from './measure.ts';
import { type MetricName, METRICS, type MetricValues } from './metric-names.ts';
import { drawPoisson } from './poisson.ts';
import type { RankedRows } from './ranked-rows.ts';

/** One version's scores of the rows; several versions are resampled together, with the same weights. */
export interface Measurable {
  readonly ranked: RankedRows;
  /** Where rows have entities and event times. Its cards are the clusters. */
  readonly cards?: CardDays;
}

export interface ResamplePlan {
  readonly clusters: Clusters;
  readonly resamples: number;
  readonly seed: number;
}

/** For each metric its value in each resample. */
export type Resampled = Record<MetricName, Float64Array>;

/** Cards looked at in a day. */
export const CARDS_A_DAY = 100;

/** All metrics of the rows as they are. */
export function measureAll({ ranked, cards }: Measurable): MetricValues {
  return {
    ...measure(ranked, ranked.weights),
    cardPrecision100: cards === undefined ? Number.NaN : cardPrecision(cards, CARDS_A_DAY),
  };
}

/**
 * Measures versions again and again, with the weights of whole clusters drawn from the Poisson distribution of mean 1:
 * the bootstrap for large data (Hanley, MacGibbon, "Creating non-parametric bootstrap samples using Poisson
 * frequencies", 2006). The rows stay sorted; 1,000 resamples of 20,000 rows take some 0.6 s a version.
 * @returns one entry per version; the same for the same seed
 */
export function resample(versions: readonly Measurable[], plan: ResamplePlan): Resampled[] {
  const { clusters, resamples, seed } = plan;
  const random = createRandom(seed);
  const counts = new Uint8Array(clusters.count);
  const weights = new Float64Array(clusters.of.length);
  const results = versions.map(() => emptyResult(resamples));
  for (let index = 0; index < resamples; index += 1) {
    drawPoisson(counts, random);
    for (const [version, { ranked, cards }] of versions.entries()) {
      for (let row = 0; row < weights.length; row += 1) {
        weights[row] = ranked.weights[row]! * counts[clusters.of[row]!]!;
      }
      const values: MetricValues = {
        ...measure(ranked, weights),
        cardPrecision100: cards === undefined ? Number.NaN : cardPrecision(cards, CARDS_A_DAY, counts),
      };
      const result = results[version]!;
      for (const metric of METRICS) result[metric][index] = values[metric];
    }
  }
  return results;
}

function emptyResult(resamples: number): Resampled {
  const entries = METRICS.map((metric) => [metric, new Float64Array(resamples)] as const);
  return Object.fromEntries(entries) as Resampled;
}
