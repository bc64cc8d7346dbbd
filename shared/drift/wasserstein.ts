import { sharesOf } from './psi.ts';

/** A reference that does not vary would make every distance infinite. */
const LEAST_DEVIATION = 0.001;

/**
 * The Wasserstein distance (earth mover's, of order 1) of two samples, in their own units.
 * @param reference in ascending order, finite, at least one value
 * @param current the same
 */
export function wasserstein(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  let [i, j] = [0, 0];
  let sum = 0;
  let last = Math.min(reference[0]!, current[0]!);
  while (i < reference.length || j < current.length) {
    const value = Math.min(reference[i] ?? Infinity, current[j] ?? Infinity);
    sum += Math.abs(i / reference.length - j / current.length) * (value - last);
    while (i < reference.length && reference[i] === value) i += 1;
    while (j < current.length && current[j] === value) j += 1;
    last = value;
  }
  return sum;
}

/**
 * The same distance of two distributions over common bins, each bin's rows taken to lie at the mean that they have in
 * their own window: midpoints would be far off in long tails.
 * @param reference rows and sum of the values of each bin; at least one row in all
 * @param current of the same bins
 */
export function wassersteinOfBins(reference: BinnedSums, current: BinnedSums): number {
  const points = [...weighted(reference, 1), ...weighted(current, -1)].sort((a, b) => a.at - b.at);
  let [sum, difference] = [0, 0];
  for (const [index, { at, weight }] of points.entries()) {
    difference += weight;
    sum += Math.abs(difference) * ((points[index + 1]?.at ?? at) - at);
  }
  return sum;
}

export interface BinnedSums {
  readonly counts: ArrayLike<number>;
  readonly sums: ArrayLike<number>;
}

/** A distance over the reference's standard deviation, which counts as at least 0.001. */
export function normedWasserstein(distance: number, deviation: number): number {
  return distance / Math.max(LEAST_DEVIATION, deviation);
}

/**
 * The population standard deviation of a sample of at least one value.
 *
 * Welford, Note on a method for calculating corrected sums of squares and products, 1962.
 */
export function deviationOf(sample: ArrayLike<number>): number {
  let [mean, squares] = [0, 0];
  for (let index = 0; index < sample.length; index += 1) {
    const step = sample[index]! - mean;
    mean += step / (index + 1);
    squares += step * (sample[index]! - mean);
  }
  return Math.sqrt(squares / sample.length);
}

function weighted({ counts, sums }: BinnedSums, sign: 1 | -1): readonly { at: number; weight: number }[] {
  return [...sharesOf(counts)].flatMap((share, bin) =>
    share === 0 ? [] : [{ at: sums[bin]! / counts[bin]!, weight: sign * share }],
  );
}
