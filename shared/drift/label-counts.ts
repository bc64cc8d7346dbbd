import { NumberCounter } from './count-numbers.ts';
import type { HistogramSpec } from './histogram-spec.ts';
import type { WindowHistogram } from './histogram.ts';

/** Rows whose label is certain, and how many of them are positive. */
export interface LabelCounts {
  readonly rows: number;
  readonly positives: number;
}

/** A window with the labels of its own, which are not in the log of predictions. */
export function withLabels(
  window: WindowHistogram,
  spec: HistogramSpec,
  labels: LabelCounts | undefined,
): WindowHistogram {
  if (labels === undefined) return window;
  const columns = window.columns.map((counts, index) => {
    const column = spec[index];
    if (column?.role !== 'label' || column.kind === 'categorical') return counts;
    const counter = new NumberCounter(column);
    for (let row = 0; row < labels.rows; row += 1) counter.add(row < labels.positives ? 1 : 0);
    return counter.taken();
  });
  return { ...window, columns };
}
