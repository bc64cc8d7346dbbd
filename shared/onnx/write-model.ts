import { encodeClassifier, floats, ints, text } from './graph-parts.ts';
import { treeAttributes } from './tree-attributes.ts';
import type { Tree, TreeEnsemble } from './tree-ensemble.ts';
import { checkEnsemble } from './tree-structure.ts';

/**
 * Value of a single-leaf tree that is appended where no other leaf is negative. For a binary classifier without
 * negative weights onnxruntime takes the plain sum for a probability when it chooses the label (and, without a base
 * value, older versions also skip the logistic function). 2^-100 is below what any other term's rounding hides.
 */
const SIGN_GUARD = -(2 ** -100);

/**
 * Writes an ensemble as an ONNX model: input `features` float [N, width], outputs `label` int64 [N] and
 * `probabilities` float [N, 2] (class 0, class 1). Weights, thresholds, covers (in `nodes_hitrates`) and base margin
 * are stored as float32. The same arguments give the same bytes.
 *
 * The leaves carry class id 0 with one base value, as the converters for xgboost and scikit-learn write them:
 * onnxruntime adds up class 0's score and takes its logistic as the probability of the *second* label. With class id 1
 * it would lose the base value and answer 0.5 for class 0 (tried with 1.30).
 * @throws ModelFileError when the ensemble isn't sound or the names don't fit it
 */
export function writeTreeEnsemble(
  ensemble: TreeEnsemble,
  featureNames: readonly string[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  checkEnsemble(ensemble);
  const trees = {
    name: 'trees',
    op_type: 'TreeEnsembleClassifier',
    domain: 'ai.onnx.ml',
    input: ['features'],
    output: ['label', 'probabilities'],
    attribute: [
      floats('base_values', [ensemble.baseMargin]),
      ints('classlabels_int64s', [0, 1]),
      text('post_transform', 'LOGISTIC'),
      ...treeAttributes(withSignGuard(ensemble.trees), 'TreeEnsembleClassifier'),
    ],
  };
  const graph = { name: 'tree_ensemble', nodes: [trees] };
  return encodeClassifier(graph, ensemble.featureCount, featureNames, metadata);
}

/** Whether a tree read from a file is the appended one. */
export function isSignGuard(tree: Tree): boolean {
  return (
    tree.feature.length === 1 &&
    Math.fround(tree.value[0] ?? 0) === SIGN_GUARD &&
    Math.fround(tree.cover[0] ?? 0) === 0
  );
}

function withSignGuard(trees: readonly Tree[]): readonly Tree[] {
  const last = trees.at(-1);
  const negative = trees.some((tree) =>
    tree.value.some((value, node) => tree.feature[node] === -1 && Math.fround(value) < 0),
  );
  // An ensemble that happens to end in such a tree gets another one, so that reading can always drop the last.
  const alike = last !== undefined && isSignGuard(last);
  if (negative && !alike) return trees;
  return [
    ...trees,
    {
      feature: Int32Array.of(-1),
      threshold: Float32Array.of(0),
      missingLeft: Uint8Array.of(0),
      left: Int32Array.of(-1),
      right: Int32Array.of(-1),
      value: Float64Array.of(SIGN_GUARD),
      cover: Float64Array.of(0),
    },
  ];
}
