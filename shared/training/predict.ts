import { sigmoid } from '../onnx/tree-ensemble.ts';
import type { Tree, TreeEnsemble } from '../onnx/tree-ensemble.ts';
import type { Matrix } from './matrix.ts';

/** Adds to `margins[row]` the value of the leaf that each row from `from` to `to` - 1 reaches. */
export function addLeafValues(tree: Tree, x: Matrix, margins: Float64Array, from = 0, to = x.rows): void {
  const { feature, threshold, missingLeft, left, right, value } = tree;
  for (let row = from; row < to; row += 1) {
    const begin = row * x.columns;
    let node = 0;
    for (let column = feature[0]!; column >= 0; column = feature[node]!) {
      const cell = x.values[begin + column]!;
      const goesLeft = cell <= threshold[node]! || (cell !== cell && missingLeft[node] === 1);
      node = goesLeft ? left[node]! : right[node]!;
    }
    margins[row] = margins[row]! + value[node]!;
  }
}

/** @throws {RangeError} when the matrix does not have a model's features */
export function checkWidth(x: Matrix, featureCount: number): void {
  if (x.columns !== featureCount)
    throw new RangeError(`The model has ${featureCount} features, the data ${x.columns} columns.`);
}

/** Whether any of the trees splits by a feature. */
export function splitsBy(trees: readonly Tree[]): (feature: number) => boolean {
  const used = new Set(trees.flatMap((tree) => [...tree.feature]));
  return (feature) => used.has(feature);
}

/**
 * The log-odds of the positive class for each row. Values are compared as float32, as onnxruntime does; infinite ones
 * are like any others.
 *
 * @throws {RangeError} when the matrix does not have the ensemble's features
 */
export function predictMargins(ensemble: TreeEnsemble, x: Matrix): Float64Array {
  checkWidth(x, ensemble.featureCount);
  const margins = new Float64Array(x.rows).fill(ensemble.baseMargin);
  for (const tree of ensemble.trees) addLeafValues(tree, x, margins);
  return margins;
}

/** As `predictMargins`, as probabilities. */
export function predictProbabilities(ensemble: TreeEnsemble, x: Matrix): Float64Array {
  return predictMargins(ensemble, x).map(sigmoid);
}
