import type { BoostingParams } from './boosting-params.ts';
import type { FeatureStripe } from './feature-stripe.ts';
import { BIN_CELLS } from './histogram.ts';
import type { Histogram } from './histogram.ts';

/** Summed gradients and hessians of some rows, and their number. */
export interface Sums {
  readonly gradient: number;
  readonly hessian: number;
  readonly count: number;
}

/** A way to part a node's rows: bins up to `bin` of `feature` go left, missing values where `missingLeft` says. */
export interface Split {
  readonly gain: number;
  readonly feature: number;
  readonly bin: number;
  readonly missingLeft: boolean;
  readonly left: Sums;
}

export type Penalty = Pick<BoostingParams, 'minSamplesLeaf' | 'l2' | 'minGain'>;

/** Least summed hessian of a child (scikit-learn's figure): below it, a Newton step would be a leap. */
const MIN_HESSIAN = 1e-3;

/** Gains smaller than this part of the node's own score are rounding errors. */
const GAIN_PRECISION = 1e-12;

/** Whether a node is large enough to be split at all. */
export function isSplittable({ count, hessian }: Sums, { minSamplesLeaf }: Penalty): boolean {
  return count >= 2 * minSamplesLeaf && hessian >= 2 * MIN_HESSIAN;
}

/** Twice what the best leaf value takes off the loss of rows with these sums: G² / (H + λ). */
function score(gradient: number, hessian: number, l2: number): number {
  return (gradient * gradient) / (hessian + l2);
}

/**
 * The best split of a node over the features of a stripe, or nothing where none gains more than `minGain`.
 *
 * Gain = ½ [G_L²/(H_L+λ) + G_R²/(H_R+λ) − G²/(H+λ)] (Chen & Guestrin, "XGBoost", 2016, equation 7, γ = 0). Each
 * direction for missing values is tried; where the node has none, they follow the larger child. Among equal gains
 * the lowest feature, then missing to the right, then the lowest bin wins.
 */
export function findSplit(
  histogram: Histogram,
  { first, starts }: FeatureStripe,
  hasMissing: Uint8Array,
  node: Sums,
  penalty: Penalty,
): Split | undefined {
  const { minSamplesLeaf, l2, minGain } = penalty;
  const nodeScore = score(node.gradient, node.hessian, l2);
  let bestScore = nodeScore + 2 * minGain + GAIN_PRECISION * nodeScore;
  let best: Split | undefined;

  for (let i = 0; i + 1 < starts.length; i += 1) {
    const begin = starts[i]!;
    const end = starts[i + 1]!;
    const missing = hasMissing[first + i] === 1 ? end - BIN_CELLS : end;
    const missingCount = missing < end ? histogram[missing + 2]! : 0;
    // Without missing values, the last bin leaves nothing for the right; with them, it parts them from all others.
    const stop = missingCount > 0 ? missing : missing - BIN_CELLS;

    for (let direction = 0; direction < (missingCount > 0 ? 2 : 1); direction += 1) {
      let gradient = direction === 1 ? histogram[missing]! : 0;
      let hessian = direction === 1 ? histogram[missing + 1]! : 0;
      let count = direction === 1 ? missingCount : 0;
      for (let cell = begin; cell < stop; cell += BIN_CELLS) {
        const binCount = histogram[cell + 2]!;
        if (binCount === 0) continue;
        gradient += histogram[cell]!;
        hessian += histogram[cell + 1]!;
        count += binCount;
        if (count < minSamplesLeaf || hessian < MIN_HESSIAN) continue;
        const hessianRight = node.hessian - hessian;
        if (node.count - count < minSamplesLeaf || hessianRight < MIN_HESSIAN) break;
        const total = score(gradient, hessian, l2) + score(node.gradient - gradient, hessianRight, l2);
        if (total <= bestScore) continue;
        bestScore = total;
        best = {
          gain: (total - nodeScore) / 2,
          feature: first + i,
          bin: (cell - begin) / BIN_CELLS,
          missingLeft: missingCount > 0 ? direction === 1 : 2 * count >= node.count,
          left: { gradient, hessian, count },
        };
      }
    }
  }
  return best;
}
