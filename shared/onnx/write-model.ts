import { ModelFileError } from './model-file-error.ts';
import { encodeModel } from './model-proto.ts';
import { ATTRIBUTE_TYPE, TENSOR_TYPES } from './onnx-schema.ts';
import type { Tree, TreeEnsemble } from './tree-ensemble.ts';
import { checkEnsemble } from './tree-structure.ts';

/** The key of the model's metadata that holds the feature names in order, as a JSON array. */
export const FEATURE_NAMES_KEY = 'feature_names';

/**
 * Value of a single-leaf tree that is appended where no other leaf is negative. For a binary classifier without
 * negative weights onnxruntime takes the plain sum for a probability when it chooses the label (and, without a base
 * value, older versions also skip the logistic function). 2^-100 is below what any other term's rounding hides.
 */
const SIGN_GUARD = -(2 ** -100);

/**
 * IR 8 and ai.onnx.ml 3 are understood by every runtime since 2022; nothing newer is needed. The default domain's
 * operators aren't used, but some tools expect it to be imported.
 */
const IR_VERSION = 8;
const OPSETS = [
  { domain: '', version: 17 },
  { domain: 'ai.onnx.ml', version: 3 },
];

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
  if (featureNames.length !== ensemble.featureCount) {
    throw new ModelFileError(`${featureNames.length} names for ${ensemble.featureCount} features`);
  }
  if (Object.hasOwn(metadata, FEATURE_NAMES_KEY)) {
    throw new ModelFileError(`the metadata key ${FEATURE_NAMES_KEY} is reserved`);
  }
  const properties = { ...metadata, [FEATURE_NAMES_KEY]: JSON.stringify(featureNames) };
  return encodeModel({
    ir_version: IR_VERSION,
    producer_name: 'tollgate',
    opset_import: OPSETS,
    metadata_props: Object.entries(properties)
      .map(([key, value]) => ({ key, value }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    graph: {
      name: 'tree_ensemble',
      node: [
        {
          name: 'trees',
          op_type: 'TreeEnsembleClassifier',
          domain: 'ai.onnx.ml',
          input: ['features'],
          output: ['label', 'probabilities'],
          attribute: treeAttributes(withSignGuard(ensemble)),
        },
      ],
      input: [tensorInfo('features', 'float', [ensemble.featureCount])],
      output: [tensorInfo('label', 'int64', []), tensorInfo('probabilities', 'float', [2])],
    },
  });
}

/** Whether a tree read from a file is the appended one. */
export function isSignGuard(tree: Tree): boolean {
  return (
    tree.feature.length === 1 &&
    Math.fround(tree.value[0] ?? 0) === SIGN_GUARD &&
    Math.fround(tree.cover[0] ?? 0) === 0
  );
}

function withSignGuard(ensemble: TreeEnsemble): TreeEnsemble {
  const { trees } = ensemble;
  const last = trees.at(-1);
  const negative = trees.some((tree) =>
    tree.value.some((value, node) => tree.feature[node] === -1 && Math.fround(value) < 0),
  );
  // An ensemble that happens to end in such a tree gets another one, so that reading can always drop the last.
  const alike = last !== undefined && isSignGuard(last);
  if (negative && !alike) return ensemble;
  return {
    ...ensemble,
    trees: [
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
    ],
  };
}

/** The attributes of ai.onnx.ml's TreeEnsembleClassifier: one entry per node, and one per leaf for the weights. */
function treeAttributes(ensemble: TreeEnsemble): object[] {
  const nodeIds: number[] = [];
  const treeIds: number[] = [];
  const features: number[] = [];
  const thresholds: number[] = [];
  const modes: string[] = [];
  const whenTrue: number[] = [];
  const whenFalse: number[] = [];
  const missingTrue: number[] = [];
  const covers: number[] = [];
  const leafNodes: number[] = [];
  const leafTrees: number[] = [];
  const leafWeights: number[] = [];
  for (const [treeId, tree] of ensemble.trees.entries()) {
    for (const [node, feature] of tree.feature.entries()) {
      const leaf = feature < 0;
      nodeIds.push(node);
      treeIds.push(treeId);
      features.push(leaf ? 0 : feature);
      thresholds.push(leaf ? 0 : (tree.threshold[node] ?? 0));
      modes.push(leaf ? 'LEAF' : 'BRANCH_LEQ');
      whenTrue.push(leaf ? 0 : (tree.left[node] ?? 0));
      whenFalse.push(leaf ? 0 : (tree.right[node] ?? 0));
      missingTrue.push(!leaf && tree.missingLeft[node] === 1 ? 1 : 0);
      covers.push(tree.cover[node] ?? 0);
      if (leaf) {
        leafNodes.push(node);
        leafTrees.push(treeId);
        leafWeights.push(tree.value[node] ?? 0);
      }
    }
  }
  return [
    floats('base_values', [ensemble.baseMargin]),
    ints(
      'class_ids',
      leafNodes.map(() => 0),
    ),
    ints('class_nodeids', leafNodes),
    ints('class_treeids', leafTrees),
    floats('class_weights', leafWeights),
    ints('classlabels_int64s', [0, 1]),
    ints('nodes_falsenodeids', whenFalse),
    ints('nodes_featureids', features),
    floats('nodes_hitrates', covers),
    ints('nodes_missing_value_tracks_true', missingTrue),
    { name: 'nodes_modes', type: ATTRIBUTE_TYPE.strings, strings: modes },
    ints('nodes_nodeids', nodeIds),
    ints('nodes_treeids', treeIds),
    ints('nodes_truenodeids', whenTrue),
    floats('nodes_values', thresholds),
    { name: 'post_transform', type: ATTRIBUTE_TYPE.string, s: 'LOGISTIC' },
  ];
}

function ints(name: string, values: readonly number[]): object {
  return { name, type: ATTRIBUTE_TYPE.ints, ints: values };
}

function floats(name: string, values: readonly number[]): object {
  return { name, type: ATTRIBUTE_TYPE.floats, floats: values };
}

/** A tensor whose first dimension is the number of rows. */
function tensorInfo(
  name: string,
  type: (typeof TENSOR_TYPES)[number],
  dimensions: readonly number[],
): object {
  const dim = [{ dim_param: 'N' }, ...dimensions.map((size) => ({ dim_value: size }))];
  return { name, type: { tensor_type: { elem_type: TENSOR_TYPES.indexOf(type), shape: { dim } } } };
}
