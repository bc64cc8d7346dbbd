/** Stands for a share of zero, whose logarithm would be infinite. */
const LEAST_SHARE = 0.0001;

/**
 * The population stability index of two distributions over the same bins or categories, shares of zero replaced by
 * 0.0001. With ten bins, what sampling alone adds is about 9 (1/n + 1/m).
 * @param reference rows of each bin, at least one row
 * @param current rows of the same bins, at least one row
 */
export function psi(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  const [p, q] = [sharesOf(reference), sharesOf(current)];
  let sum = 0;
  for (let bin = 0; bin < p.length; bin += 1) {
    const [before, now] = [p[bin]! || LEAST_SHARE, q[bin]! || LEAST_SHARE];
    sum += (now - before) * Math.log(now / before);
  }
  return sum;
}

/** Each bin's share of all rows. */
export function sharesOf(counts: ArrayLike<number>): Float64Array {
  const shares = Float64Array.from(counts);
  const rows = shares.reduce((sum, count) => sum + count, 0);
  return shares.map((count) => count / rows);
}
