import { z } from 'zod';
import { areasOf, type RankedGroup } from './ranked-areas.ts';
import type { Confusion } from './window-tally.ts';

const share = z.number().min(0).max(1).optional();

/** What is measured of a window; a metric that its rows do not define is absent. */
export const performanceMetricsSchema = z.object({
  aucRoc: share,
  averagePrecision: share,
  accuracy: share,
  precision: share.meta({ description: 'Of what was flagged: reviewed or blocked' }),
  recall: share,
  f1: share,
});
export type PerformanceMetrics = z.infer<typeof performanceMetricsSchema>;
export const PERFORMANCE_METRICS = performanceMetricsSchema.keyof().options;

/** Fewer rows than this define no metric. */
export const LEAST_ROWS = 10;

/**
 * The metrics of counted rows: none where there are too few, or one class alone.
 * @param groups the same rows by score, from the highest to the lowest
 */
export function metricsOf({ tp, fp, tn, fn }: Confusion, groups: Iterable<RankedGroup>): PerformanceMetrics {
  const rows = tp + fp + tn + fn;
  if (rows < LEAST_ROWS || !(tp + fn > 0) || !(fp + tn > 0)) return {};
  const flagged = tp + fp;
  return {
    ...areasOf(groups),
    accuracy: (tp + tn) / rows,
    // Where nothing was flagged, nothing was flagged wrongly either: no precision.
    ...(flagged > 0 ? { precision: tp / flagged } : {}),
    recall: tp / (tp + fn),
    f1: (2 * tp) / (2 * tp + fp + fn),
  };
}
