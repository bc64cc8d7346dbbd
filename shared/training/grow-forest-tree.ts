import type { Tree } from '../onnx/tree-ensemble.ts';
import { thresholdOf } from './binned-columns.ts';
import type { BinnedColumns } from './binned-columns.ts';
import { createClassSplitter, impurityOf } from './class-split.ts';
import type { ClassSplit, ClassSums, NodeRows } from './class-split.ts';
import { featuresPerSplit } from './forest-params.ts';
import type { ForestParams } from './forest-params.ts';
import type { LabelledMatrix } from './matrix.ts';
import type { Random } from './random.ts';
import { createRowPartition } from './row-partition.ts';
import { createTreeBuilder } from './tree-builder.ts';

/** Falls in impurity smaller than this part of the node's own are rounding errors. */
const PRECISION = 1e-12;

interface OpenNode {
  readonly node: number;
  readonly from: number;
  readonly to: number;
  readonly depth: number;
  readonly sums: ClassSums;
  /** 1 where a feature has one value in all rows of a node above, so that there is nothing to split by. */
  readonly constant: Uint8Array;
}

/**
 * Returns a function that grows a tree of a random forest (Breiman, 2001) as scikit-learn's RandomForestClassifier
 * does, but on bins: on a bootstrap sample, depth first, each split the best by Gini impurity among features drawn
 * anew. Features that are constant in a node are drawn again, so that one-hot columns do not use up the draws.
 *
 * @returns a tree whose leaf values are the positive share of the weight there, rounded by `round`
 */
export function createForestTreeGrower(
  { x, y, weights }: LabelledMatrix,
  columns: BinnedColumns,
  params: ForestParams,
  round: (share: number) => number,
): (random: Random) => Tree {
  const partition = createRowPartition(columns.bins, x.rows);
  const splitBy = createClassSplitter(columns, x.rows, params.minSamplesLeaf);
  const wanted = featuresPerSplit(params, x.columns);
  const mass = new Float64Array(x.rows);
  const gathered = { weights: new Float64Array(x.rows), positives: new Float64Array(x.rows) };
  const order = new Uint32Array(x.columns);

  /** Draws the rows and returns how many different ones there are. */
  const drawRows = (random: Random): number => {
    mass.fill(params.bootstrap ? 0 : 1);
    for (let i = 0; params.bootstrap && i < x.rows; i += 1) {
      const row = Math.floor(random() * x.rows);
      mass[row] = mass[row]! + 1;
    }
    let drawn = 0;
    for (let row = 0; row < x.rows; row += 1) {
      if (mass[row] === 0) continue;
      if (weights) mass[row] = mass[row]! * weights[row]!;
      partition.rows[drawn] = row;
      drawn += 1;
    }
    return drawn;
  };

  const gather = (from: number, to: number): ClassSums => {
    let weight = 0;
    let positive = 0;
    for (let i = from; i < to; i += 1) {
      const row = partition.rows[i]!;
      const own = mass[row]!;
      const ownPositive = own * y[row]!;
      gathered.weights[i - from] = own;
      gathered.positives[i - from] = ownPositive;
      weight += own;
      positive += ownPositive;
    }
    return { weight, positive, count: to - from };
  };

  /** The best split by features drawn at random, and the features found constant on the way. */
  const findSplit = ({ from, to, sums, constant }: OpenNode, random: Random) => {
    const rows: NodeRows = { rows: partition.rows, from, to, ...gathered };
    let below = impurityOf(sums) * (1 - PRECISION);
    let best: ClassSplit | undefined;
    let known = constant;
    let tried = 0;
    for (let i = 0; i < order.length && tried < wanted; i += 1) {
      const other = i + Math.floor(random() * (order.length - i));
      const feature = order[other]!;
      order[other] = order[i]!;
      order[i] = feature;
      if (known[feature] === 1) continue;
      const found = splitBy(rows, sums, feature, below);
      if (found === 'constant') {
        if (known === constant) known = constant.slice();
        known[feature] = 1;
        continue;
      }
      tried += 1;
      if (!found) continue;
      best = found;
      below = found.impurity;
    }
    return { best, constant: known };
  };

  return (random) => {
    // What the tree before left would make this one depend on it.
    for (let feature = 0; feature < order.length; feature += 1) order[feature] = feature;
    const builder = createTreeBuilder();
    const open: OpenNode[] = [];
    const addNode = (from: number, to: number, depth: number, constant: Uint8Array): number => {
      const sums = gather(from, to);
      const node = builder.addLeaf(round(sums.positive / sums.weight), sums.weight);
      const pure = sums.positive === 0 || sums.positive === sums.weight;
      if (!pure && depth < params.maxDepth && sums.count >= 2 * params.minSamplesLeaf)
        open.push({ node, from, to, depth, sums, constant });
      return node;
    };
    addNode(0, drawRows(random), 0, new Uint8Array(x.columns));
    for (let parent = open.pop(); parent; parent = open.pop()) {
      const { node, from, to, depth } = parent;
      gather(from, to);
      const { best, constant } = findSplit(parent, random);
      if (!best) continue;
      const middle = partition.divide(from, to, best, columns.thresholdCounts[best.feature]! + 1);
      const left = addNode(from, middle, depth + 1, constant);
      const right = addNode(middle, to, depth + 1, constant);
      builder.split(node, { ...best, threshold: thresholdOf(columns, best.feature, best.bin) }, left, right);
    }
    return builder.build();
  };
}
