/** Up to so many rows the one-sided tail is summed; beyond, its expansion has five digits. */
const SUMMED_UP_TO = 200_000;
const TERMS = 10;

/**
 * The probability that the distribution function of a sample of n rows lies x or more away from the continuous one that
 * the sample comes from: the tail of Kolmogorov's distribution for finite n.
 *
 * In the regions of Simard and L'Ecuyer, Computing the two-sided Kolmogorov–Smirnov distribution, 2011; their matrix for
 * few rows is left out: the expansion is within 1e-4 of it from 20 rows on.
 */
export function kolmogorovTail(n: number, x: number): number {
  if (x >= 1) return 0;
  if (n < 1 || x <= 0) return 1;
  // It is too rare then that both sides are exceeded, or (from 0.5 on) impossible.
  if (x >= 0.5 || n * x * x >= 2.2) {
    return Math.min(1, 2 * (n <= SUMMED_UP_TO ? oneSidedSum(n, x) : oneSidedExpansion(n, x)));
  }
  return Math.min(1, Math.max(0, 1 - centralExpansion(n, x)));
}

/** Birnbaum and Tingey, One-sided confidence contours for probability distribution functions, 1951. */
function oneSidedSum(n: number, x: number): number {
  let sum = 0;
  let logChoose = 0;
  for (let j = 0; j < n * (1 - x); j += 1) {
    const below = x + j / n;
    sum += Math.exp(logChoose + (j - 1) * Math.log(below) + (n - j) * Math.log1p(-below));
    logChoose += Math.log((n - j) / (j + 1));
  }
  return x * sum;
}

/** Maag and Dicaire, On Kolmogorov–Smirnov type one-sample statistics, 1971, with the rate function's next term. */
function oneSidedExpansion(n: number, x: number): number {
  return Math.exp(-((6 * n * x + 1) ** 2) / (18 * n) - (4 / 9) * n * x ** 4);
}

/**
 * The distribution function as a series in 1/√n.
 *
 * Pelz and Good, Approximating the lower tail-areas of the Kolmogorov–Smirnov one-sample statistic, 1976.
 */
function centralExpansion(n: number, x: number): number {
  const z2 = n * x * x;
  const z = Math.sqrt(z2);
  const [k0, k1, k2, k3] = [0, 1, 2, 3].map((order) => coefficient(order, z, z2));
  return Math.sqrt(2 * Math.PI) * (k0! + k1! / Math.sqrt(n) + k2! / n + k3! / n ** 1.5);
}

function coefficient(order: number, z: number, z2: number): number {
  let sum = 0;
  for (let k = 1; k <= TERMS; k += 1) {
    const w = ((2 * k - 1) * Math.PI) ** 2 / 4;
    const v = (k * Math.PI) ** 2;
    const [odd, even] = [Math.exp(-w / (2 * z2)), Math.exp(-v / (2 * z2))];
    if (order === 0) sum += odd / z;
    else if (order === 1) sum += ((w - z2) * odd) / (6 * z2 ** 2);
    else if (order === 2) {
      const factor = 6 * z2 ** 3 + 2 * z2 ** 2 + (2 * z2 ** 2 - 5 * z2) * w + (1 - 2 * z2) * w ** 2;
      sum += (factor * odd) / (72 * z ** 7) - (v * even) / (36 * z ** 3);
    } else {
      const factor =
        -30 * z2 ** 3 -
        90 * z2 ** 4 +
        (135 * z2 ** 2 - 96 * z2 ** 3) * w +
        (212 * z2 ** 2 - 60 * z2) * w ** 2 +
        (5 - 30 * z2) * w ** 3;
      sum += (factor * odd) / (6480 * z ** 10) + ((3 * z2 - v) * v * even) / (216 * z2 ** 3);
    }
  }
  return sum;
}
