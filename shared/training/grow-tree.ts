import type { Tree } from '../onnx/tree-ensemble.ts';
import { thresholdOf } from './binned-columns.ts';
import type { ExchangeSplits } from './candidate-exchange.ts';
import type { FeatureStripe } from './feature-stripe.ts';
import type { FitJob } from './fit-job.ts';
import { fillHistogram, subtractHistogram } from './histogram.ts';
import type { Histogram } from './histogram.ts';
import { createRowPartition } from './row-partition.ts';
import { findSplit, isSplittable } from './split.ts';
import type { Split, Sums } from './split.ts';
import { createTreeBuilder } from './tree-builder.ts';

/** A leaf and where its rows are: `rows[from]` to `rows[to - 1]`. */
export interface GrownLeaf {
  readonly from: number;
  readonly to: number;
  readonly value: number;
}

export interface GrownTree {
  readonly tree: Tree;
  readonly leaves: readonly GrownLeaf[];
  /** The training rows in the order of the leaves; valid until the next tree grows. */
  readonly rows: Uint32Array;
}

interface OpenLeaf {
  readonly node: number;
  readonly from: number;
  readonly to: number;
  readonly sums: Sums;
  split: Split | undefined;
  histogram: Histogram | undefined;
}

type Growable = OpenLeaf & { readonly split: Split };

/**
 * Returns a function that grows the next tree on the gradients as they are then. Each thread of the fit grows the
 * same tree at the same time; only histograms and split search are divided, by features, so the sums are those of a
 * single thread to the last bit.
 */
export function createTreeGrower(
  job: FitJob,
  stripe: FeatureStripe,
  exchange: ExchangeSplits,
): () => GrownTree {
  const { params, memory } = job;
  const { gradients, hessians } = memory;
  const count = job.train.x.rows;
  const partition = createRowPartition(memory.bins, count);
  const { rows } = partition;
  const gathered = { gradients: new Float64Array(count), hessians: new Float64Array(count) };
  const spare: Histogram[] = [];

  const takeHistogram = (): Histogram => spare.pop() ?? new Float64Array(stripe.starts.at(-1)!);
  const release = (leaf: OpenLeaf): void => {
    if (leaf.histogram) spare.push(leaf.histogram);
    leaf.histogram = undefined;
  };

  /** The histogram of a leaf's rows; the root's are in order, so nothing needs to be gathered. */
  const fill = ({ from, to }: OpenLeaf): Histogram => {
    const histogram = takeHistogram();
    if (to - from === count) {
      fillHistogram(histogram, stripe.rowCells, rows, from, to, gradients, hessians);
      return histogram;
    }
    for (let i = from; i < to; i += 1) {
      const row = rows[i]!;
      gathered.gradients[i - from] = gradients[row]!;
      gathered.hessians[i - from] = hessians[row]!;
    }
    fillHistogram(histogram, stripe.rowCells, rows, from, to, gathered.gradients, gathered.hessians);
    return histogram;
  };

  /** Finds the splits of leaves that have a histogram; the threads meet here. */
  const search = (leaves: readonly OpenLeaf[]): void => {
    const own = leaves.map(({ sums, histogram }) =>
      histogram && isSplittable(sums, params)
        ? findSplit(histogram, stripe, memory.hasMissing, sums, params)
        : undefined,
    );
    exchange(own).forEach((split, i) => {
      const leaf = leaves[i]!;
      leaf.split = split;
      if (!split) release(leaf);
    });
  };

  const searchChildren = (parent: OpenLeaf, left: OpenLeaf, right: OpenLeaf): void => {
    const [small, large] = left.to - left.from < right.to - right.from ? [left, right] : [right, left];
    small.histogram = fill(small);
    large.histogram = parent.histogram;
    parent.histogram = undefined;
    if (large.histogram) subtractHistogram(large.histogram, small.histogram);
    search([left, right]);
  };

  return () => {
    const builder = createTreeBuilder();
    const addLeaf = (from: number, to: number, sums: Sums): OpenLeaf => {
      const node = builder.addLeaf(leafValue(sums, params), sums.count);
      return { node, from, to, sums, split: undefined, histogram: undefined };
    };
    partition.reset();
    const root = addLeaf(0, count, sumAll(gradients, hessians));
    const leaves = [root];
    if (isSplittable(root.sums, params)) {
      root.histogram = fill(root);
      search([root]);
    }
    for (
      let parent = mostGaining(leaves);
      parent && leaves.length < params.leaves;
      parent = mostGaining(leaves)
    ) {
      const { split, from, to, node, sums } = parent;
      const middle = partition.divide(from, to, split, memory.thresholdCounts[split.feature]! + 1);
      const left = addLeaf(from, middle, split.left);
      const right = addLeaf(middle, to, subtract(sums, split.left));
      builder.split(
        node,
        { ...split, threshold: thresholdOf(memory, split.feature, split.bin) },
        left.node,
        right.node,
      );
      leaves.splice(leaves.indexOf(parent), 1, left, right);
      const mayGrow = isSplittable(left.sums, params) || isSplittable(right.sums, params);
      if (leaves.length < params.leaves && mayGrow) searchChildren(parent, left, right);
      else release(parent);
    }
    leaves.forEach(release);
    return {
      tree: builder.build(),
      leaves: leaves.map(({ from, to, sums }) => ({ from, to, value: leafValue(sums, params) })),
      rows,
    };
  };
}

/** The Newton step −G / (H + λ), shortened by the learning rate. */
function leafValue(
  { gradient, hessian }: Sums,
  { l2, learningRate }: { readonly l2: number; readonly learningRate: number },
): number {
  return hessian + l2 > 0 ? (-learningRate * gradient) / (hessian + l2) : 0;
}

function sumAll(gradients: Float64Array, hessians: Float64Array): Sums {
  let gradient = 0;
  let hessian = 0;
  for (let row = 0; row < gradients.length; row += 1) {
    gradient += gradients[row]!;
    hessian += hessians[row]!;
  }
  return { gradient, hessian, count: gradients.length };
}

function subtract(whole: Sums, part: Sums): Sums {
  return {
    gradient: whole.gradient - part.gradient,
    hessian: whole.hessian - part.hessian,
    count: whole.count - part.count,
  };
}

/** The leaf whose split gains most, the leftmost among equals. */
function mostGaining(leaves: readonly OpenLeaf[]): Growable | undefined {
  let best: Growable | undefined;
  for (const leaf of leaves) if (canGrow(leaf) && (!best || leaf.split.gain > best.split.gain)) best = leaf;
  return best;
}

function canGrow(leaf: OpenLeaf): leaf is Growable {
  return leaf.split !== undefined;
}
