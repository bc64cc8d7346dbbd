import { figure, percent, whole } from './format.ts';
import type { Evaluation, Gate } from './shapes.ts';

/** How a gate is called, and what its numbers are. */
const GATES: Readonly<Record<string, { readonly title: string; readonly share: boolean }>> = {
  errorRate: { title: 'Error rate', share: true },
  decisionRate: { title: 'Decision rate', share: true },
  latencyP95: { title: 'Latency (beyond the 95th percentile)', share: true },
  scoreShift: { title: 'Score shift (PSI)', share: false },
};

export function gateTitle(gate: string): string {
  return GATES[gate]?.title ?? gate;
}

/** A gate's number in its own unit: a difference of shares in percent, others as they are. */
export function gateNumber(gate: string, value: number | null | undefined): string {
  return GATES[gate]?.share === true ? percent(value) : figure(value, 3);
}

/** `−0.1 % to 0.4 %`; an unknown bound is left open. */
export function interval({ gate, lower, upper }: Pick<Gate, 'gate' | 'lower' | 'upper'>): string {
  if (typeof lower === 'number' && typeof upper === 'number')
    return `${gateNumber(gate, lower)} to ${gateNumber(gate, upper)}`;
  if (typeof lower === 'number') return `above ${gateNumber(gate, lower)}`;
  return typeof upper === 'number' ? `below ${gateNumber(gate, upper)}` : 'not known yet';
}

/** What an arm has shown, in short: its sample and the first figure that tells something. */
export function armText(side: Gate['champion']): string {
  const n = `${whole(side['n'] ?? 0)} rows`;
  const shown: [string, string][] = [];
  if (typeof side['rate'] === 'number') shown.push([percent(side['rate']), 'failed']);
  if (typeof side['flaggedRate'] === 'number') shown.push([percent(side['flaggedRate']), 'flagged']);
  if (typeof side['p95Ms'] === 'number') shown.push([`${figure(side['p95Ms'], 3)} ms`, 'p95']);
  return [n, ...shown.map((words) => words.join(' '))].join(', ');
}

/** Columns of a plot; times in seconds since 1970, numbers in the gate's unit (shares in percent). */
export interface GateSeries {
  readonly at: number[];
  readonly estimate: (number | null)[];
  readonly lower: (number | null)[];
  readonly upper: (number | null)[];
  readonly margin: (number | null)[];
}

/** A gate's interval over time. Lines break where a phase begins, because its evidence begins anew. */
export function gateSeries(evaluations: readonly Evaluation[], gate: string): GateSeries {
  const series: GateSeries = { at: [], estimate: [], lower: [], upper: [], margin: [] };
  const scale = GATES[gate]?.share === true ? 100 : 1;
  const scaled = (value: number | null | undefined) => (typeof value === 'number' ? value * scale : null);
  let phase: string | undefined;
  for (const evaluation of evaluations) {
    const found = evaluation.gates.find((one) => one.gate === gate);
    if (found === undefined) continue;
    const at = Date.parse(evaluation.at) / 1_000;
    const own = `${evaluation.phase} ${evaluation.step}`;
    if (phase !== undefined && phase !== own) push(series, at - 0.001, null, null, null, null);
    phase = own;
    push(series, at, scaled(found.estimate), scaled(found.lower), scaled(found.upper), scaled(found.margin));
  }
  return series;
}

function push(series: GateSeries, at: number, ...values: [Value, Value, Value, Value]): void {
  const [estimate, lower, upper, margin] = values;
  series.at.push(at);
  series.estimate.push(estimate);
  series.lower.push(lower);
  series.upper.push(upper);
  series.margin.push(margin);
}
type Value = number | null;

/** The gates that were ever judged, in the order in which they were met. */
export function gatesOf(evaluations: readonly Evaluation[]): string[] {
  return [...new Set(evaluations.flatMap(({ gates }) => gates.map(({ gate }) => gate)))];
}
