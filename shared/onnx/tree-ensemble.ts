/**
 * One binary decision tree as parallel arrays; node 0 is the root.
 *
 * A row goes left when `x[feature] <= threshold` (compared in float32, as onnxruntime does); a missing value (NaN)
 * goes left where `missingLeft` is 1. A leaf has `feature` -1 and adds `value` to the row's margin.
 */
export interface Tree {
  readonly feature: Int32Array;
  readonly threshold: Float32Array;
  readonly missingLeft: Uint8Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Leaf value in log-odds, learning rate already applied; 0 at inner nodes. */
  readonly value: Float64Array;
  /** Number of training rows that reached the node: what path-dependent explanations weight by. */
  readonly cover: Float64Array;
}

/** A binary classifier: probability = sigmoid(baseMargin + the sum of the reached leaves' values). */
export interface TreeEnsemble {
  readonly featureCount: number;
  /** Log-odds before any tree. */
  readonly baseMargin: number;
  readonly trees: readonly Tree[];
}

/** Logistic function; maps log-odds to a probability. */
export function sigmoid(margin: number): number {
  return 1 / (1 + Math.exp(-margin));
}
