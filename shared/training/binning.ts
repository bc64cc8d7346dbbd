import type { Matrix } from './matrix.ts';

/** The largest finite float32. As a threshold it parts all values from the missing ones. */
export const LARGEST_FLOAT32 = 3.4028234663852886e38;

/** Thresholds a feature may have: 255 bins at most, and one less edges. */
export const MAX_THRESHOLDS = 254;

/** The float32 `t` nearest to halfway between two float32 values, such that `lower <= t < upper` where they differ. */
function midpoint(lower: number, upper: number): number {
  const middle = Math.fround((lower + upper) / 2);
  return middle < upper ? middle : lower;
}

/** The first values that differ, ascending; `limit + 1` of them when there are more than `limit`. */
function distinctUpTo(sorted: Float32Array, limit: number): number[] {
  const distinct: number[] = [];
  for (const value of sorted) {
    if (distinct.length > 0 && distinct.at(-1) === value) continue;
    distinct.push(value);
    if (distinct.length > limit) break;
  }
  return distinct;
}

/**
 * The edges between a feature's bins, as scikit-learn 1.2's histogram boosting finds them: halfway between
 * neighbours where there are at most `bins` different values, otherwise the quantiles 1/bins, 2/bins … by the
 * "midpoint" method (scikit-learn 1.9 takes another). They are float32, so that onnxruntime's float32
 * `x <= threshold` parts the rows exactly as training did.
 *
 * @param sorted the feature's values in ascending order, finite
 * @param tails the outermost quantile bins are halved towards the ends, and halved again, in exchange for others: a
 *   threshold that parts one row of a thousand is found then, too
 * @returns at most `bins` - 1 thresholds, strictly ascending; none for a constant or an empty feature
 */
export function binThresholds(sorted: Float32Array, bins: number, tails = false): Float32Array {
  const distinct = distinctUpTo(sorted, bins);
  const candidates: number[] = [];
  if (distinct.length <= bins) {
    for (let i = 1; i < distinct.length; i += 1) candidates.push(midpoint(distinct[i - 1]!, distinct[i]!));
  } else {
    for (const share of tails ? sharesWithTails(bins) : quantileShares(bins)) {
      const position = share * (sorted.length - 1);
      candidates.push(midpoint(sorted[Math.floor(position)]!, sorted[Math.ceil(position)]!));
    }
  }
  return Float32Array.from(candidates.filter((threshold, i) => i === 0 || threshold > candidates[i - 1]!));
}

function quantileShares(bins: number): number[] {
  return Array.from({ length: bins - 1 }, (_, k) => (k + 1) / bins);
}

function sharesWithTails(bins: number): number[] {
  const halvings = Math.floor(bins / 32);
  const inner = quantileShares(bins - 2 * halvings);
  const outer = Array.from({ length: halvings }, (_, k) => inner[0]! / 2 ** (halvings - k));
  return [...outer, ...inner, ...outer.map((share) => 1 - share).toReversed()];
}

/**
 * Returns the function from a value to its bin: the number of thresholds that it exceeds. Missing values get
 * `thresholds.length + 1`.
 */
export function createBinner(thresholds: Float32Array): (value: number) => number {
  // A binary search of eight fixed steps over 255 places, without a branch for the processor to guess wrong.
  const padded = new Float32Array(MAX_THRESHOLDS + 1).fill(Infinity);
  padded.set(thresholds);
  const missing = thresholds.length + 1;
  return (value) => {
    if (value !== value) return missing;
    let bin = 0;
    for (let step = 128; step > 0; step >>= 1) bin += step * Number(value > padded[bin + step - 1]!);
    return bin;
  };
}

/** One column's values without the missing ones, ascending, of all rows or of a sample. */
export function sortedColumn(x: Matrix, column: number, sample?: Uint32Array): Float32Array {
  const count = sample?.length ?? x.rows;
  const values = new Float32Array(count);
  let kept = 0;
  for (let i = 0; i < count; i += 1) {
    const value = x.values[(sample?.[i] ?? i) * x.columns + column]!;
    if (Number.isNaN(value)) continue;
    values[kept] = value;
    kept += 1;
  }
  return values.subarray(0, kept).toSorted();
}
