import { logGamma } from '../promotion/clopper-pearson.ts';

const SMALLEST = 1e-300;

/**
 * The regularised upper incomplete gamma function Q(a, x), for a > 0 and x >= 0: by its series below the mean and by its
 * continued fraction above it, so that small tails keep their digits.
 *
 * NIST Digital Library of Mathematical Functions, 8.11.4 and 8.9.2; the fraction evaluated as Lentz, Generating Bessel
 * functions in Mie scattering calculations, 1976, proposed.
 */
export function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  if (x === Infinity) return 0;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  return x < a + 1 ? 1 - front * lowerSeries(a, x) : front * upperFraction(a, x);
}

/** The probability that a chi-square variable with so many degrees of freedom exceeds the value. */
export function chiSquareTail(value: number, degrees: number): number {
  return degrees <= 0 ? 1 : upperGamma(degrees / 2, value / 2);
}

/** The probability that a standard normal variable lies further from zero than z, on either side. */
export function normalTails(z: number): number {
  return chiSquareTail(z * z, 1);
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let k = 1; term > sum * 1e-17; k += 1) {
    term *= x / (a + k);
    sum += term;
  }
  return sum;
}

function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / SMALLEST;
  let d = 1 / b;
  let value = d;
  for (let k = 1; k < 100_000; k += 1) {
    const factor = -k * (k - a);
    b += 2;
    d = 1 / away(factor * d + b);
    c = away(b + factor / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return value;
}

function away(value: number): number {
  return Math.abs(value) < SMALLEST ? SMALLEST : value;
}
