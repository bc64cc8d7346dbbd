import { metricsOf, PERFORMANCE_METRICS, type PerformanceMetrics } from './realised.ts';
import type { Confusion, WindowTally } from './window-tally.ts';

export interface Estimate {
  readonly metrics: PerformanceMetrics;
  /** Expected counts. */
  readonly confusion: Confusion;
}

/**
 * What performance is to be expected before labels are there, from the scores alone (confidence-based performance
 * estimation: NannyML's documentation, "How it works: performance estimation"; Białek, Kuberski, Perrakis, Bifet,
 * "Estimating model performance under covariate shift without labels", 2024). A row with score p counts as p of a
 * positive and 1 − p of a negative row; the confusion matrix, the area under the ROC curve and the average precision are
 * those of these expected counts. Right as far as scores are the probabilities that they claim to be.
 */
export function estimate(tally: WindowTally): Estimate {
  const { predictions, flagged, expected } = tally;
  const confusion = {
    tp: expected.flagged,
    fp: flagged - expected.flagged,
    fn: expected.all - expected.flagged,
    tn: predictions - flagged - (expected.all - expected.flagged),
  };
  const cells = tally.cells().map(({ score, predictions: rows }) => ({
    positives: rows * score,
    negatives: rows * (1 - score),
  }));
  return { metrics: metricsOf(confusion, cells), confusion };
}

/** Estimate − realised, of each metric that is known both ways. */
export function errorOf(estimated: PerformanceMetrics, realised: PerformanceMetrics): PerformanceMetrics {
  const error: Partial<Record<keyof PerformanceMetrics, number>> = {};
  for (const metric of PERFORMANCE_METRICS) {
    const [guess, truth] = [estimated[metric], realised[metric]];
    if (guess !== undefined && truth !== undefined) error[metric] = guess - truth;
  }
  return error;
}
