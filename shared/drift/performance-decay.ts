import { type DriftSettings, WATCHED_METRICS, type WatchedMetric } from './drift-settings.ts';

/** What was measured of a version once labels had matured, beside what it had on its held-out rows. */
export interface PerformanceEvidence {
  readonly metric: WatchedMetric;
  /** On the version's held-out rows. */
  readonly reference: number;
  readonly current: number;
  /** Of the current value, 95 %. */
  readonly upper: number;
  /** Labelled positive rows of the window. */
  readonly positives: number;
}

/** Concept drift: what a metric was allowed to fall to, and whether it is below. */
export interface PerformanceVerdict {
  readonly metric: WatchedMetric;
  readonly reference: number;
  readonly current: number;
  readonly limit: number;
  readonly decayed: boolean;
}

/**
 * Which metrics have fallen past the model folder's limits. One has where the whole interval lies below the limit: a few
 * labels make no decay.
 */
export function performanceDecay(
  measured: readonly PerformanceEvidence[],
  { performance }: DriftSettings,
): PerformanceVerdict[] {
  return WATCHED_METRICS.flatMap((metric) => {
    const evidence = measured.find((one) => one.metric === metric);
    if (evidence === undefined || evidence.positives < performance.minPositives) return [];
    const { reference, current, upper } = evidence;
    const [drop, least] = [performance.maxDrop[metric], performance.minimum[metric]];
    if (drop === undefined && least === undefined) return [];
    const limit = Math.max(drop === undefined ? -Infinity : reference - drop, least ?? -Infinity);
    return [{ metric, reference, current, limit, decayed: upper < limit }];
  });
}
