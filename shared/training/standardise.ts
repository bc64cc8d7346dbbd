import { standardised } from '../onnx/linear-model.ts';
import type { LabelledMatrix } from './matrix.ts';

/** Rows as a linear model sees them, row-major. */
export interface Standardised {
  /** Features, and behind them one indicator (standardised too) for each feature with missing values. */
  readonly width: number;
  readonly values: Float32Array;
  readonly means: Float32Array;
  readonly scales: Float32Array;
  /** The features that have an indicator. */
  readonly indicated: readonly number[];
  /** For each of them the weighted share of rows where it is missing, and one over its standard deviation. */
  readonly missingShares: readonly number[];
  readonly missingScales: readonly number[];
}

/**
 * Standardises features to weighted mean 0 and variance 1 (of what is not missing). A missing value becomes the mean,
 * and an indicator tells that it was missing. Constant features become 0.
 */
export function standardise({ x, weights }: LabelledMatrix): Standardised {
  const means = new Float32Array(x.columns);
  const scales = new Float32Array(x.columns);
  const indicated: number[] = [];
  const missingShares: number[] = [];
  const missingScales: number[] = [];
  for (let column = 0; column < x.columns; column += 1) {
    const { mean, deviation, missing } = momentsOf(x, weights, column);
    means[column] = mean;
    scales[column] = deviation > 0 ? 1 / deviation : 0;
    if (missing === 0 || missing === 1) continue;
    indicated.push(column);
    missingShares.push(missing);
    missingScales.push(1 / Math.sqrt(missing * (1 - missing)));
  }
  const width = x.columns + indicated.length;
  const values = new Float32Array(x.rows * width);
  for (let row = 0; row < x.rows; row += 1) {
    const from = row * x.columns;
    const to = row * width;
    for (let column = 0; column < x.columns; column += 1)
      values[to + column] = standardised(x.values[from + column]!, means[column]!, scales[column]!);
    for (let i = 0; i < indicated.length; i += 1) {
      const missing = Number(Number.isNaN(x.values[from + indicated[i]!]));
      values[to + x.columns + i] = (missing - missingShares[i]!) * missingScales[i]!;
    }
  }
  return { width, values, means, scales, indicated, missingShares, missingScales };
}

/** Weighted mean and standard deviation of a column's values, and the share of the weight where there is none. */
function momentsOf(
  x: LabelledMatrix['x'],
  weights: Float64Array | undefined,
  column: number,
): { mean: number; deviation: number; missing: number } {
  let total = 0;
  let present = 0;
  let mean = 0;
  let squares = 0;
  let least = Infinity;
  let greatest = -Infinity;
  for (let row = 0; row < x.rows; row += 1) {
    const weight = weights?.[row] ?? 1;
    const value = x.values[row * x.columns + column]!;
    total += weight;
    if (value !== value) continue;
    // West's one pass: no catastrophic cancellation for large means.
    present += weight;
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
    const distance = value - mean;
    mean += (distance * weight) / present;
    squares += weight * distance * (value - mean);
  }
  // The squares of a constant may be a rounding error above 0.
  const deviation = least < greatest ? Math.sqrt(squares / present) : 0;
  return { mean, deviation, missing: 1 - present / total };
}
