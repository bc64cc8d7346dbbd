import { ModelFileError } from './model-file-error.ts';
import type { Tree, TreeEnsemble } from './tree-ensemble.ts';

/**
 * The longest path from a root that is accepted, in nodes. onnxruntime builds its trees by recursion: a chain of
 * 20,000 nodes overflows the stack and ends the process, and a worker thread's stack is smaller.
 */
export const MAX_TREE_DEPTH = 1_000;

/**
 * Checks that the child links of `size` nodes make one tree with root 0 in which every node is reached exactly once.
 * @param where names the tree in the message
 * @throws ModelFileError
 */
export function checkLinks(
  size: number,
  isLeaf: (node: number) => boolean,
  left: ArrayLike<number>,
  right: ArrayLike<number>,
  where: string,
): void {
  if (size === 0) throw new ModelFileError(`${where} has no nodes`);
  const depth = new Uint16Array(size);
  const pending = [0];
  depth[0] = 1;
  let reached = 1;
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (isLeaf(node)) continue;
    const below = (depth[node] ?? 0) + 1;
    if (below > MAX_TREE_DEPTH) {
      throw new ModelFileError(`${where} is deeper than ${MAX_TREE_DEPTH} nodes`);
    }
    for (const child of [left[node], right[node]]) {
      const seen = child === undefined ? undefined : depth[child];
      if (child === undefined || seen === undefined) {
        throw new ModelFileError(`${where}: node ${node} has a child that doesn't exist`);
      }
      if (seen !== 0) throw new ModelFileError(`${where}: node ${child} is reached in two ways`);
      depth[child] = below;
      reached += 1;
      pending.push(child);
    }
  }
  if (reached !== size)
    throw new ModelFileError(`${where} has ${size - reached} nodes that nothing leads to`);
}

/**
 * Checks everything that a tree ensemble promises: arrays of one length, real trees, features within the width,
 * thresholds and leaf values that are numbers.
 * @throws ModelFileError naming the tree and node
 */
export function checkEnsemble(ensemble: TreeEnsemble): void {
  if (!Number.isSafeInteger(ensemble.featureCount) || ensemble.featureCount < 1) {
    throw new ModelFileError(`${ensemble.featureCount} is no number of features`);
  }
  if (!Number.isFinite(Math.fround(ensemble.baseMargin))) {
    throw new ModelFileError('the base margin is not a finite float32');
  }
  for (const [index, tree] of ensemble.trees.entries())
    checkTree(tree, ensemble.featureCount, `tree ${index}`);
}

function checkTree(tree: Tree, featureCount: number, where: string): void {
  const size = tree.feature.length;
  const { threshold, missingLeft, left, right, value, cover } = tree;
  for (const array of [threshold, missingLeft, left, right, value, cover]) {
    if (array.length !== size) throw new ModelFileError(`${where} has arrays of different lengths`);
  }
  checkLinks(size, (node) => (tree.feature[node] ?? 0) < 0, left, right, where);
  for (let node = 0; node < size; node += 1) {
    const feature = tree.feature[node] ?? 0;
    if (feature < -1 || feature >= featureCount) {
      throw new ModelFileError(`${where}: node ${node} reads feature ${feature} of ${featureCount}`);
    }
    // Infinite thresholds are fine: with NaN going the other way they separate missing from present.
    if (feature >= 0 && Number.isNaN(threshold[node])) {
      throw new ModelFileError(`${where}: node ${node} has no threshold`);
    }
    if (feature < 0 && !Number.isFinite(Math.fround(value[node] ?? 0))) {
      throw new ModelFileError(`${where}: leaf ${node} is not a finite float32`);
    }
    const rows = Math.fround(cover[node] ?? 0);
    if (!(rows >= 0 && rows < Infinity)) {
      throw new ModelFileError(`${where}: node ${node} has a cover of ${cover[node]}`);
    }
  }
}
