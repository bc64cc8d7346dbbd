import { z } from 'zod';
import type { LabelledMatrix } from '../matrix.ts';
import { aucRoc } from '../metrics.ts';

/** How well a feature ranks the held-out rows all by itself. */
export const singleFeatureSchema = z.object({ feature: z.string(), aucRoc: z.number() });
export type SingleFeature = z.infer<typeof singleFeatureSchema>;

/** Rows that are looked at, of either part: enough to find what gives the label away. */
const MOST_ROWS = 20_000;
const BINS = 64;

/**
 * The AUC-ROC of each feature alone on the held-out rows: in its own order or the opposite one, or in the order of the
 * label rates that the training rows have in its 64 quantile bins, whichever is greatest. The bins find what is not
 * monotone, and missing values that tell.
 * @returns the strongest first
 */
export function singleFeatures(
  training: LabelledMatrix,
  heldOut: LabelledMatrix,
  names: readonly string[],
): SingleFeature[] {
  return names
    .map((feature, column) => {
      const fitted = columnOf(training, column);
      const asked = columnOf(heldOut, column);
      const missingLow = asked.values.map((value) => (Number.isNaN(value) ? -Infinity : value));
      const own = aucRoc(asked.y, missingLow);
      const binned = aucRoc(asked.y, rateByBin(fitted, asked.values));
      return { feature, aucRoc: Math.max(own, 1 - own, binned) };
    })
    .toSorted((a, b) => b.aucRoc - a.aucRoc);
}

interface FeatureColumn {
  readonly values: Float64Array;
  readonly y: Uint8Array;
}

function columnOf({ x, y }: LabelledMatrix, column: number): FeatureColumn {
  const step = Math.ceil(x.rows / MOST_ROWS);
  const rows = Array.from({ length: Math.ceil(x.rows / step) }, (_, index) => index * step);
  return {
    values: Float64Array.from(rows, (row) => x.values[row * x.columns + column]!),
    y: Uint8Array.from(rows, (row) => y[row]!),
  };
}

/** The label rate of the training rows in the bin of each asked value, drawn towards the rate of all rows. */
function rateByBin({ values, y }: FeatureColumn, asked: Float64Array): Float64Array {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const edges = [
    ...new Set(
      Array.from({ length: BINS - 1 }, (_, k) => sorted[Math.floor(((k + 1) * sorted.length) / BINS)]!),
    ),
  ];
  const [rows, positives] = [new Float64Array(BINS + 1), new Float64Array(BINS + 1)];
  for (const [row, value] of values.entries()) {
    const bin = binOf(value, edges);
    rows[bin]! += 1;
    positives[bin]! += y[row]!;
  }
  const overall = y.reduce((sum, label) => sum + label, 0) / y.length;
  return asked.map((value) => {
    const bin = binOf(value, edges);
    return (positives[bin]! + overall) / (rows[bin]! + 1);
  });
}

/** The number of edges that are not above the value; the last bin is for missing values. */
function binOf(value: number, edges: readonly number[]): number {
  if (Number.isNaN(value)) return BINS;
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
