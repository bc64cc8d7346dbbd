import { gateSeries } from '../gate-plot.ts';
import type { PlotSpec } from '../plot.ts';
import type { Evaluation } from '../shapes.ts';

/** A gate's interval, its estimate and its margin over time. */
export function gatePlot(gate: string, evaluations: readonly Evaluation[]): PlotSpec {
  const { at, estimate, lower, upper, margin } = gateSeries(evaluations, gate);
  return {
    at,
    lines: [
      { label: 'At most', values: upper, colour: 'line-1', dashed: true, points: false },
      { label: 'At least', values: lower, colour: 'line-1', dashed: true, points: false },
      { label: 'Difference', values: estimate, colour: 'line-2', points: estimate.length < 30 },
      { label: 'Margin', values: margin, colour: 'line-bad', points: false },
    ],
    band: { upper: 0, lower: 1 },
    unit: gate === 'scoreShift' ? '' : '%',
    height: 190,
    range: [0, 0],
  };
}
