/**
 * The upper confidence bound of a rate after `events` of `n`, exact: the rate at which so few events have a probability
 * of 1 - confidence. 1 where nothing was seen.
 *
 * Clopper and Pearson, The use of confidence or fiducial limits illustrated in the case of the binomial, 1934.
 */
export function upperRate(events: number, n: number, confidence: number): number {
  if (events >= n) return 1;
  let [low, high] = [events / n, 1];
  for (let round = 0; round < 100 && high - low > 1e-12 * high; round += 1) {
    const rate = (low + high) / 2;
    if (incompleteBeta(events + 1, n - events, rate) < confidence) low = rate;
    else high = rate;
  }
  return high;
}

/**
 * The regularised incomplete beta function, by its continued fraction (NIST Digital Library of Mathematical Functions,
 * 8.17.22, evaluated as Lentz, Generating Bessel functions in Mie scattering calculations, 1976, proposed).
 */
export function incompleteBeta(a: number, b: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on one side of the mean; the other follows by symmetry.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(b, a, 1 - x);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return (front * betaFraction(a, b, x)) / a;
}

const TINY = 1e-300;

function betaFraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m < 100_000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return value;
}

/** Keeps a divisor away from zero. */
function away(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/** ln Γ(x) for x > 0: Stirling's series (NIST Digital Library of Mathematical Functions, 5.11.1) from 10 on. */
export function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  while (z < 10) {
    shift += Math.log(z);
    z += 1;
  }
  const square = 1 / (z * z);
  const series =
    (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / z;
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series - shift;
}
