import type { Tree } from './tree-ensemble.ts';

/** A random forest: each tree's leaf value is the positive share among its training rows. */
export interface Forest {
  readonly featureCount: number;
  readonly trees: readonly Tree[];
  /** The margin is `slope` times the log-odds of the mean share, plus `offset`. */
  readonly slope: number;
  readonly offset: number;
}

/** Binary digits of a float32's significand. */
const SIGNIFICAND = 24;

/** No mean share is taken for closer to 0 or 1, so that no row has infinite log-odds. */
const LEAST_SHARE = 1e-6;

/**
 * Returns the function that rounds a leaf's share such that onnxruntime's float32 sum over the trees is exact, in
 * whatever order it adds: all are multiples of one power of two, and the sum has no more than 24 binary digits. (For
 * 100 trees that is 2^-17. Without it the sum's error would be magnified near 0 and 1, where log-odds are steep.)
 */
export function roundedShare(trees: number): (share: number) => number {
  const unit = 2 ** (SIGNIFICAND - Math.ceil(Math.log2(trees)));
  return (share) => Math.round(share * unit) / unit;
}

/** The least sum of shares, and the least sum of their complements, that log-odds are taken of. */
export function leastSum(forest: Pick<Forest, 'trees'>): number {
  return forest.trees.length * LEAST_SHARE;
}

/** The margin of a row whose leaves' shares add up to `sum`. */
export function forestMargin(forest: Forest, sum: number): number {
  const least = leastSum(forest);
  const logOdds = Math.log(Math.max(sum, least)) - Math.log(Math.max(forest.trees.length - sum, least));
  return forest.slope * logOdds + forest.offset;
}
