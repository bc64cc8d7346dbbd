import type { WindowOutcomes } from '../drift/check.ts';
import type { PerformanceEvidence } from '../drift/performance-decay.ts';
import type { Evaluation } from '../training/evaluation/evaluation-schema.ts';
import type { Interval } from '../training/evaluation/interval.ts';
import type { OutcomeLogs } from './join.ts';
import { measureWindows, type OutcomeRules } from './measure-windows.ts';
import type { TimeWindow } from './performance-query.ts';
import { PERFORMANCE_METRICS } from './realised.ts';
import { type MetricName, resampledMetrics } from './resampled-metrics.ts';
import type { WindowTally } from './window-tally.ts';

/** What a version was measured to be on its held-out rows. */
export type HeldOut = Partial<Record<MetricName, Interval>>;

export interface WindowOutcomeParts {
  readonly logs: OutcomeLogs;
  readonly rulesOf: (model: string) => Promise<OutcomeRules>;
  /** @throws Failure `unavailable` */
  readonly heldOutOf: (model: string, version: string) => Promise<HeldOut>;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly time: () => number;
}

/**
 * What became certain within a window: the outcomes of the predictions that were made the model's maturity earlier. Of
 * windows that do not overlap, those do not overlap either.
 * @throws Failure `unavailable`
 */
export async function windowOutcomes(
  { logs, rulesOf, heldOutOf, time }: WindowOutcomeParts,
  model: string,
  version: string,
  { from, to }: TimeWindow,
): Promise<WindowOutcomes> {
  const rules = await rulesOf(model);
  const window = { from: from - rules.maturityMs, to: to - rules.maturityMs };
  let tally: WindowTally | undefined;
  for await (const measured of measureWindows(logs, model, rules, [window], time())) {
    if (measured.version === version) tally = measured.tally;
  }
  if (tally === undefined) return { performance: [] };
  const { tp, fp, tn, fn } = tally.confusion;
  const rows = tp + fp + tn + fn;
  return {
    ...(rows === 0 ? {} : { labels: { rows, positives: tp + fn } }),
    performance: performanceEvidence(tally, await heldOutOf(model, version)),
  };
}

/** The metrics of a version's `evaluation.json`: single values where it was made before intervals were. */
export function heldOutMetrics({
  intervals = {},
  metrics,
}: Pick<Evaluation, 'intervals' | 'metrics'>): HeldOut {
  const found: HeldOut = {};
  for (const metric of PERFORMANCE_METRICS) {
    const value = metrics[metric];
    const interval = intervals[metric] ?? (typeof value === 'number' ? { value } : undefined);
    if (interval !== undefined) found[metric] = interval;
  }
  return found;
}

const SEED = 1;

/**
 * A window's metrics beside those of the held-out rows. The upper limits are generous, so that what falls short of a
 * limit all the same has decayed: they hold if all blocked rows without a label were positive (those have the highest
 * scores, and what is left without them looks harder to tell apart), and the held-out rows' own error is in them (Zou and
 * Donner, "Construction of confidence limits about effect measures: a general approach", 2008).
 */
export function performanceEvidence(tally: WindowTally, heldOut: HeldOut): PerformanceEvidence[] {
  const { confusion } = tally;
  const positives = tally.positiveRows();
  const cells = tally.cells();
  const blocked = cells.reduce((sum, cell) => sum + cell.blocked, 0);
  const measured = resampledMetrics({ cells, positives, confusion }, SEED);
  const favoured =
    blocked === 0
      ? measured
      : resampledMetrics(
          {
            cells: cells.map((cell) => ({ ...cell, positives: cell.positives + cell.blocked })),
            positives,
            confusion: { ...confusion, tp: confusion.tp + blocked },
          },
          SEED,
        );
  return PERFORMANCE_METRICS.flatMap((metric) => {
    const [reference, current, best] = [heldOut[metric], measured[metric], favoured[metric]];
    if (reference === undefined || current === undefined || best?.upper === undefined) return [];
    const reach = Math.hypot(best.upper - best.value, reference.value - (reference.lower ?? reference.value));
    const upper = Math.max(current.value, best.value) + reach;
    const known = confusion.tp + confusion.fn;
    return [{ metric, reference: reference.value, current: current.value, upper, positives: known }];
  });
}
