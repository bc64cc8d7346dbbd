import type { Evaluation } from './evaluation-schema.ts';
import { METRICS } from './metric-names.ts';
import type { GateResult } from './gate-results.ts';
import type { Interval } from './interval.ts';
import type { TrainingGates } from './training-gates.ts';

/** What of `evaluation.json` is judged of a version by itself; what was not measured is not judged. */
export type OwnFacts = Pick<Evaluation, 'intervals' | 'segments' | 'singleFeatures' | 'rowMs' | 'modelBytes'>;

/**
 * Judges a version by itself: minimum metrics, segment gaps, calibration, latency, size, and leaks.
 * @param maxRowMs the latency that holds where the gate names none. Milliseconds
 */
export function ownGates(facts: OwnFacts, gates: TrainingGates, maxRowMs: number): GateResult[] {
  return [
    ...minimumGates(facts, gates),
    ...segmentGates(facts, gates),
    ...calibrationGates(facts, gates),
    ...limitGates(facts, gates, maxRowMs),
    ...leakGates(facts, gates),
  ];
}

function minimumGates({ intervals = {} }: OwnFacts, { minimum }: TrainingGates): GateResult[] {
  return METRICS.flatMap((metric) => {
    const min = minimum[metric];
    if (min === undefined) return [];
    const value = intervals[metric]?.value;
    const gate = `minimum-${metric}`;
    if (value === undefined) {
      return [result(gate, 'inconclusive', `the held-out rows do not define ${metric}`, { min })];
    }
    const isMet = value >= min;
    const reason = `${metric} is ${value.toFixed(4)}, the least is ${min}`;
    return [result(gate, isMet ? 'pass' : 'fail', reason, { value, min })];
  });
}

function segmentGates({ segments = [] }: OwnFacts, { segmentGap }: TrainingGates): GateResult[] {
  if (segmentGap === null) return [];
  const { maxFalsePositiveRate: max, columns } = segmentGap;
  return columns.map((column) => {
    const gate = `segment-gap-${column}`;
    const gap = segments.find((table) => table.column === column)?.falsePositiveRateGap;
    if (gap === undefined) {
      return result(
        gate,
        'inconclusive',
        `'${column}' has no two segments that are large enough to compare`,
        { max },
      );
    }
    const { value, lower, upper } = gap;
    const verdict = lower > max ? 'fail' : value > max ? 'inconclusive' : 'pass';
    const reason =
      `false positive rates of '${column}' are ${value.toFixed(4)} apart (${lower.toFixed(4)} to ${upper.toFixed(4)};` +
      ` highest ${gap.highest}, lowest ${gap.lowest}), the most is ${max}`;
    return result(gate, verdict, reason, { value, lower, upper, max });
  });
}

function calibrationGates({ intervals = {} }: OwnFacts, { calibration }: TrainingGates): GateResult[] {
  if (calibration === null) return [];
  return [
    inRange(
      'calibration-observed-expected',
      'observed/expected',
      intervals.observedToExpected,
      calibration.observedToExpected,
    ),
    inRange('calibration-slope', 'the calibration slope', intervals.calibrationSlope, calibration.slope),
  ];
}

/** Fails where the whole interval is outside of the range: of few rows, or rows in bursts, the figure alone says little. */
function inRange(
  gate: string,
  name: string,
  figure: Interval | undefined,
  { min, max }: { readonly min: number; readonly max: number },
): GateResult {
  if (figure === undefined) {
    return result(gate, 'inconclusive', `the held-out rows do not define ${name}`, { min, max });
  }
  const { value, lower = value, upper = value } = figure;
  const isWithin = value >= min && value <= max;
  const verdict = isWithin ? 'pass' : lower > max || upper < min ? 'fail' : 'inconclusive';
  const reason =
    `${name} is ${value.toFixed(3)} (${lower.toFixed(3)} to ${upper.toFixed(3)}),` +
    ` ${isWithin ? 'within' : 'outside of'} ${min} to ${max}`;
  return result(gate, verdict, reason, { value, lower, upper, min, max });
}

function limitGates(
  { rowMs, modelBytes }: OwnFacts,
  { latency, size }: TrainingGates,
  maxRowMs: number,
): GateResult[] {
  const results: GateResult[] = [];
  if (latency !== null && rowMs !== undefined) {
    const max = latency.maxRowMs ?? maxRowMs;
    const reason = `a single row takes ${rowMs.toFixed(3)} ms, the most is ${max} ms`;
    results.push(result('latency', rowMs <= max ? 'pass' : 'fail', reason, { value: rowMs, max }));
  }
  if (size !== null && modelBytes !== undefined) {
    const max = size.maxBytes;
    const reason = `the model has ${modelBytes} bytes, the most is ${max}`;
    results.push(result('size', modelBytes <= max ? 'pass' : 'fail', reason, { value: modelBytes, max }));
  }
  return results;
}

function leakGates({ intervals, singleFeatures }: OwnFacts, { leak }: TrainingGates): GateResult[] {
  const [strongest] = singleFeatures ?? [];
  if (leak === null || strongest === undefined) return [];
  const { feature, aucRoc } = strongest;
  const model = intervals?.aucRoc?.value ?? 1;
  const numbers = { value: aucRoc, max: leak.maxAucRoc, model };
  const alone = `the feature '${feature}' alone has AUC-ROC ${aucRoc.toFixed(4)}`;
  const hint = 'a possible leak: was it known when the row was to be scored?';
  if (aucRoc > leak.maxAucRoc)
    return [result('leak', 'fail', `${alone}, above ${leak.maxAucRoc}; ${hint}`, numbers)];
  // Weak models are close to their best feature because all are close to 0.5.
  if (aucRoc >= NOTABLE && aucRoc > model - leak.nearModel) {
    return [
      result('leak', 'inconclusive', `${alone}, the whole model ${model.toFixed(4)}; ${hint}`, numbers),
    ];
  }
  return [
    result(
      'leak',
      'pass',
      `the strongest feature, '${feature}', alone has AUC-ROC ${aucRoc.toFixed(4)}`,
      numbers,
    ),
  ];
}

const NOTABLE = 0.8;

function result(
  gate: string,
  verdict: GateResult['verdict'],
  reason: string,
  numbers: GateResult['numbers'],
): GateResult {
  return { gate, verdict, reason, numbers };
}
