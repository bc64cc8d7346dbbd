import { kolmogorovTail } from './kolmogorov-distribution.ts';

/** Up to so many rows of the larger sample the p-value is exact, as scipy's is… */
const EXACT_UP_TO = 10_000;
/** …unless that takes more steps than this, a tenth of a second. Unequal samples of that size lie below 1e-40 then. */
const MOST_STEPS = 2e7;

/**
 * The two-sample Kolmogorov–Smirnov statistic: the largest difference of the two empirical distribution functions.
 * @param reference in ascending order, at least one value, no NaN
 * @param current the same
 */
export function ksStatistic(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  let largest = 0;
  let [i, j] = [0, 0];
  while (i < reference.length && j < current.length) {
    const value = Math.min(reference[i]!, current[j]!);
    while (i < reference.length && reference[i] === value) i += 1;
    while (j < current.length && current[j] === value) j += 1;
    // One product less one product keeps equal shares equal to the last bit.
    largest = Math.max(largest, Math.abs(i * current.length - j * reference.length));
  }
  return largest / (reference.length * current.length);
}

/**
 * The probability of a statistic of at least d between two samples of n and m rows of one continuous distribution:
 * exact up to 10,000 rows of the larger one; beyond that as of one sample of nm/(n+m) rows. Ties make it conservative.
 * @param d from 0 to 1; rounded to a value that the statistic can have
 */
export function ksPValue(d: number, n: number, m: number): number {
  if (!(d > 0)) return 1;
  const isCostly = n !== m && n * m * Math.min(1, 2 * d) > MOST_STEPS;
  if (isCostly || Math.max(n, m) > EXACT_UP_TO) return kolmogorovTail(Math.round((n / (n + m)) * m), d);
  const divisor = greatestCommonDivisor(n, m);
  const steps = Math.round(d * (n / divisor) * m);
  if (steps === 0) return 1;
  return Math.min(1, n === m ? equalSizes(n, steps) : outsideOfBand(n / divisor, m / divisor, n, m, steps));
}

/**
 * Equal sizes: the share of lattice paths from (0, 0) to (n, n) that get `steps` away from the diagonal, by reflection.
 *
 * Gnedenko and Korolyuk, On the maximum discrepancy between two empirical distributions, 1951.
 */
function equalSizes(n: number, steps: number): number {
  let sum = 0;
  for (let reflection = Math.floor(n / steps); reflection >= 1; reflection -= 1) {
    let ratio = 1;
    for (let step = 0; step < steps; step += 1) {
      const back = (reflection - 1) * steps + step;
      ratio *= (n - back) / (n + back + 1);
    }
    sum = ratio * (1 - sum);
  }
  return 2 * sum;
}

/**
 * Any sizes: the share of lattice paths from (0, 0) to (n, m) that leave the band of `steps` around the diagonal. A path
 * to (x, y) came from the left with probability x/(x+y), so the shares follow column by column from positive terms.
 *
 * Hodges, The significance probability of the Smirnov two-sample test, 1958.
 */
function outsideOfBand(right: number, up: number, n: number, m: number, steps: number): number {
  const outside = new Float64Array(m + 1).fill(1);
  for (let x = 0; x <= n; x += 1) {
    // The band: |up x - right y| < steps.
    const low = Math.max(0, Math.floor((up * x - steps) / right) + 1);
    const high = Math.min(m, Math.ceil((up * x + steps) / right) - 1);
    let below = 1;
    for (let y = low; y <= high; y += 1) {
      below = x + y === 0 ? 0 : (x * outside[y]! + y * below) / (x + y);
      outside[y] = below;
    }
  }
  return outside[m]!;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
