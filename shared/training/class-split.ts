import type { BinnedColumns } from './binned-columns.ts';

/** Summed weights of some rows, of the positive ones among them, and their number. */
export interface ClassSums {
  readonly weight: number;
  readonly positive: number;
  readonly count: number;
}

/** A way to part a node's rows: bins up to `bin` of `feature` go left, missing values where `missingLeft` says. */
export interface ClassSplit {
  readonly feature: number;
  readonly bin: number;
  readonly missingLeft: boolean;
  /** Gini impurity of the two parts together, times half their weight. */
  readonly impurity: number;
}

/** Rows of a node: their numbers, and beside each its weight, and its weight again where it is positive, otherwise 0. */
export interface NodeRows {
  readonly rows: Uint32Array;
  readonly from: number;
  readonly to: number;
  readonly weights: Float64Array;
  readonly positives: Float64Array;
}

const CELLS = 3;
const MAX_BINS = 256;

/** Half the Gini impurity 2q(1 − q) of rows with the positive share q, times their weight. */
export function impurityOf({ weight, positive }: Pick<ClassSums, 'weight' | 'positive'>): number {
  return (positive * (weight - positive)) / weight;
}

/**
 * Returns a function that finds the best split of a node by one feature, below an impurity; `constant` where the node's
 * rows all fall into one bin.
 *
 * Each direction for missing values is tried; where the node has none, they follow the larger child.
 */
export function createClassSplitter(
  columns: BinnedColumns,
  rowCount: number,
  minSamplesLeaf: number,
): (node: NodeRows, sums: ClassSums, feature: number, below: number) => ClassSplit | 'constant' | undefined {
  const { bins, thresholdCounts } = columns;
  // Emptied after each use: most nodes are small and touch few bins.
  const histogram = new Float64Array(MAX_BINS * CELLS);

  return ({ rows, from, to, weights, positives }, sums, feature, below) => {
    const column = feature * rowCount;
    let low = MAX_BINS;
    let high = 0;
    for (let i = from; i < to; i += 1) {
      const bin = bins[column + rows[i]!]!;
      const cell = bin * CELLS;
      histogram[cell] = histogram[cell]! + weights[i - from]!;
      histogram[cell + 1] = histogram[cell + 1]! + positives[i - from]!;
      histogram[cell + 2] = histogram[cell + 2]! + 1;
      low = Math.min(low, bin);
      high = Math.max(high, bin);
    }
    const missing = thresholdCounts[feature]! + 1;
    const missingCell = missing * CELLS;
    const missingCount = high === missing ? histogram[missingCell + 2]! : 0;
    const last = high === missing ? missing - 1 : high;

    let bestImpurity = below;
    let best: ClassSplit | undefined;
    for (let direction = 0; low < high && direction < (missingCount > 0 ? 2 : 1); direction += 1) {
      let weight = direction === 1 ? histogram[missingCell]! : 0;
      let positive = direction === 1 ? histogram[missingCell + 1]! : 0;
      let count = direction === 1 ? missingCount : 0;
      for (let bin = low; bin <= last; bin += 1) {
        const cell = bin * CELLS;
        const binCount = histogram[cell + 2]!;
        if (binCount === 0) continue;
        weight += histogram[cell]!;
        positive += histogram[cell + 1]!;
        count += binCount;
        if (count < minSamplesLeaf) continue;
        if (count === sums.count || sums.count - count < minSamplesLeaf) break;
        const rest = sums.weight - weight;
        const restPositive = sums.positive - positive;
        const impurity =
          (positive * (weight - positive)) / weight + (restPositive * (rest - restPositive)) / rest;
        if (impurity >= bestImpurity) continue;
        bestImpurity = impurity;
        const missingLeft = missingCount > 0 ? direction === 1 : 2 * count >= sums.count;
        best = { feature, bin, missingLeft, impurity };
      }
    }
    histogram.fill(0, low * CELLS, (high + 1) * CELLS);
    return low === high ? 'constant' : best;
  };
}
