import { logMeanExp } from './likelihood.ts';
import { harmfulRates } from './two-sample.ts';

/** The log likelihood ratio of each alternative to the greatest harmless rate. */
export type OneSampleLogRatios = readonly number[];

/**
 * Folds a block into the evidence against "the rate is at most this", where no champion runs beside the canary. The
 * likelihood ratio to the greatest rate of the null is a test martingale at that rate, and a supermartingale below.
 *
 * Wald, Sequential tests of statistical hypotheses, 1945; Ville, Étude critique de la notion de collectif, 1939.
 * @param harmless the greatest harmless rate; from 1 on nothing can be told
 */
export function foldOneSample(
  before: OneSampleLogRatios,
  counts: { readonly n: number; readonly events: number },
  harmless: number,
): OneSampleLogRatios {
  return harmfulRates(harmless, 0).map((rate, at) => {
    const alternative = Math.min(rate, 1 - 1e-6);
    if (alternative <= harmless) return before[at] ?? 0;
    return (
      (before[at] ?? 0) +
      counts.events * Math.log(alternative / harmless) +
      (counts.n - counts.events) * Math.log((1 - alternative) / (1 - harmless))
    );
  });
}

/** ln E of the evidence. */
export function oneSampleLogE(logRatios: OneSampleLogRatios): number {
  return logMeanExp(logRatios);
}
