import { HOUR_MS } from '../events/log-layout.ts';
import type { OutcomeLogs } from './join.ts';
import { type MeasuredWindow, measureWindows, type OutcomeRules } from './measure-windows.ts';
import {
  addEvidence,
  type CalibrationEvidence,
  evidenceOf,
  NO_EVIDENCE,
  reasonToDistrust,
} from './observed-expected.ts';
import { readWindows, type TimeWindow } from './performance-query.ts';
import { type PerformanceWindow, windowView } from './performance-view.ts';

export interface PerformanceParts {
  readonly logs: OutcomeLogs;
  /** How a model's labels come about. @throws Failure `unavailable` */
  readonly rulesOf: (model: string) => Promise<OutcomeRules>;
  /**
   * Whether the newest drift report says that the inputs have changed, and since when (milliseconds since
   * 1970-01-01T00:00Z); undefined where there is none. @throws Failure `unavailable`
   */
  readonly inputDrift?: (
    model: string,
  ) => Promise<{ readonly drifted: boolean; readonly from: number } | undefined>;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly time: () => number;
}

/** Positives to be expected of a version's last matured windows: 0.8 and 1.25 are then two standard errors from 1. */
const EVIDENCE_POSITIVES = 100;
/** How far back matured windows are looked for where the query names none. */
const EVIDENCE_MS = 24 * HOUR_MS;

/**
 * A model's performance, window by window and version by version.
 * @param model a model that exists
 * @param query as in the address
 * @throws Failure `invalid`, `unavailable`
 */
export async function readPerformance(
  parts: PerformanceParts,
  model: string,
  query: Readonly<Record<string, string>>,
): Promise<{ windows: PerformanceWindow[] }> {
  const now = parts.time();
  return { windows: await performanceOf(parts, model, readWindows(query, now), now) };
}

/** The same of windows that need not be hours or days. @throws Failure `unavailable` */
export async function performanceOf(
  { logs, rulesOf, inputDrift }: PerformanceParts,
  model: string,
  windows: readonly TimeWindow[],
  asOf: number,
): Promise<PerformanceWindow[]> {
  const [rules, drift] = await Promise.all([rulesOf(model), inputDrift?.(model)]);
  const matureUntil = asOf - rules.maturityMs;
  const matured = new Evidence();
  if (!windows.some(({ to }) => to <= matureUntil)) {
    const before = [{ from: matureUntil - EVIDENCE_MS, to: matureUntil }];
    for await (const window of measureWindows(logs, model, rules, before, asOf)) matured.add(window);
  }
  const views: PerformanceWindow[] = [];
  for await (const window of measureWindows(logs, model, rules, windows, asOf)) {
    if (window.matured) matured.add(window);
    const hasDrifted = drift?.drifted === true && window.to > drift.from;
    const off = hasDrifted
      ? 'the inputs have drifted: what the scores mean may have changed'
      : reasonToDistrust(window.matured ? evidenceOf(window.tally) : matured.of(window.version));
    views.push(windowView(window, off));
  }
  return views;
}

/** What matured windows say of each version's calibration. */
class Evidence {
  readonly #windows = new Map<string, CalibrationEvidence[]>();

  add({ version, tally }: MeasuredWindow): void {
    const before = this.#windows.get(version);
    if (before === undefined) this.#windows.set(version, [evidenceOf(tally)]);
    else before.push(evidenceOf(tally));
  }

  /** That of the newest windows, as many as are needed to tell. */
  of(version: string): CalibrationEvidence {
    let sum = NO_EVIDENCE;
    for (const one of (this.#windows.get(version) ?? []).toReversed()) {
      if (sum.expected >= EVIDENCE_POSITIVES) break;
      sum = addEvidence(sum, one);
    }
    return sum;
  }
}
