/**
 * A logistic regression on standardised features. The margin is the intercept plus, for each feature, `weights` times
 * (x − `means`) times `scales`, or `missingWeights` where the value is missing.
 */
export interface LinearModel {
  readonly means: Float32Array;
  /** One over the standard deviation; 0 for a constant feature. */
  readonly scales: Float32Array;
  readonly weights: Float64Array;
  readonly missingWeights: Float64Array;
  readonly intercept: number;
}

/** Standardised values are kept within ± this: no training value is that far, and no later one makes a sum infinite. */
export const FARTHEST = 1e4;

/** A value standardised by the float32 operations that onnxruntime does, in their order; 0 where it is missing. */
export function standardised(value: number, mean: number, scale: number): number {
  if (value !== value) return 0;
  const scaled = Math.fround(Math.fround(value - mean) * scale);
  return Math.min(Math.max(scaled, -FARTHEST), FARTHEST);
}

/** The margin of the row that begins at `values[begin]`. */
export function linearMargin(model: LinearModel, values: Float32Array, begin: number): number {
  const { means, scales, weights, missingWeights } = model;
  let margin = model.intercept;
  for (let column = 0; column < weights.length; column += 1) {
    const value = values[begin + column]!;
    margin += weights[column]! * standardised(value, means[column]!, scales[column]!);
    if (value !== value) margin += missingWeights[column]!;
  }
  return margin;
}
