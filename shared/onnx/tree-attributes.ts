import { floats, ints, texts } from './graph-parts.ts';
import type { Tree } from './tree-ensemble.ts';

/** What the two operators of ai.onnx.ml call the leaves' weights. */
const LEAF_NAMES = {
  TreeEnsembleClassifier: 'class',
  TreeEnsembleRegressor: 'target',
} as const;

/** The attributes of a TreeEnsemble* operator that hold its trees: one entry per node, and one per leaf for the weights. */
export function treeAttributes(trees: readonly Tree[], type: keyof typeof LEAF_NAMES): object[] {
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
  for (const [treeId, tree] of trees.entries()) {
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
  const leaves = LEAF_NAMES[type];
  return [
    ints(
      `${leaves}_ids`,
      leafNodes.map(() => 0),
    ),
    ints(`${leaves}_nodeids`, leafNodes),
    ints(`${leaves}_treeids`, leafTrees),
    floats(`${leaves}_weights`, leafWeights),
    ints('nodes_falsenodeids', whenFalse),
    ints('nodes_featureids', features),
    floats('nodes_hitrates', covers),
    ints('nodes_missing_value_tracks_true', missingTrue),
    texts('nodes_modes', modes),
    ints('nodes_nodeids', nodeIds),
    ints('nodes_treeids', treeIds),
    ints('nodes_truenodeids', whenTrue),
    floats('nodes_values', thresholds),
  ];
}
