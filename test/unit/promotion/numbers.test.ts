import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { incompleteBeta, logGamma, upperRate } from '../../../shared/promotion/clopper-pearson.ts';
import { likeliest, logMeanExp } from '../../../shared/promotion/likelihood.ts';
import { upperNormalQuantile } from '../../../shared/promotion/normal-quantile.ts';

describe('upperRate', () => {
  test('is the rate at which so few events have a probability of 1 %', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(300), (n, seed) => {
        const events = seed % n;
        const rate = upperRate(events, n, 0.99);
        let atMost = 0;
        for (let k = 0; k <= events; k += 1) {
          const logWays = logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
          atMost += Math.exp(logWays + k * Math.log(rate) + (n - k) * Math.log1p(-rate));
        }
        expect(atMost).toBeCloseTo(0.01, 8);
      }),
    );
  });

  test('has the closed form for no events, and is 1 where nothing was seen or all failed', () => {
    expect(upperRate(0, 1_000_000, 0.99)).toBeCloseTo(1 - 0.01 ** 1e-6, 12);
    expect(upperRate(0, 0, 0.99)).toBe(1);
    expect(upperRate(7, 7, 0.99)).toBe(1);
  });
});

test('incompleteBeta has its closed forms', () => {
  expect(incompleteBeta(1, 4, 0.3)).toBeCloseTo(1 - 0.7 ** 4, 13);
  expect(incompleteBeta(4, 1, 0.3)).toBeCloseTo(0.3 ** 4, 13);
  expect(incompleteBeta(0.5, 0.5, 0.5)).toBeCloseTo(0.5, 13);
  expect(incompleteBeta(5_000, 5_000, 0.5)).toBeCloseTo(0.5, 10);
});

test.each([
  [0.5, 0],
  [0.025, 1.959963984540054],
  [0.975, -1.959963984540054],
  [1e-6, 4.753424308822899],
  [1e-12, 7.034483825301131],
])('a normal variable exceeds the quantile with probability %d', (probability, quantile) => {
  expect(upperNormalQuantile(probability)).toBeCloseTo(quantile, 12);
});

describe('likeliest', () => {
  test('finds the pooled rate where both arms have the same', () => {
    expect(likeliest([300 * 0.01, 100 * 0.03, 300 * 0.99, 100 * 0.97], [0, 0, -1, -1], 0, 1)).toBeCloseTo(
      0.015,
      12,
    );
  });

  test('finds a point that no other beats', () => {
    const rate = fc.double({ min: 1e-7, max: 0.999, noNaN: true });
    const size = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(
        rate,
        rate,
        size,
        size,
        fc.double({ min: -0.2, max: 0.2, noNaN: true }),
        (a, b, n, m, margin) => {
          const [low, high] = [Math.max(0, -margin), Math.min(1, 1 - margin)];
          const weights = [n * a, m * b, n * (1 - a), m * (1 - b)];
          const shifts = [0, margin, -1, margin - 1];
          const value = (t: number): number =>
            weights.reduce((sum, weight, i) => sum + weight * Math.log(Math.abs(t + shifts[i]!)), 0);
          const t = likeliest(weights, shifts, low, high);
          expect(t).toBeGreaterThan(low);
          expect(t).toBeLessThan(high);
          for (const other of [low + 0.999 * (t - low), high - 0.999 * (high - t), 0.3 * low + 0.7 * high])
            expect(value(other)).toBeLessThanOrEqual(value(t) + 1e-9 * Math.abs(value(t)) + 1e-9);
        },
      ),
    );
  });
});

test('logMeanExp is the logarithm of a mean, however large the numbers', () => {
  expect(logMeanExp([Math.log(1), Math.log(3)])).toBeCloseTo(Math.log(2), 14);
  expect(logMeanExp([1_000, -1_000])).toBeCloseTo(1_000 - Math.log(2), 12);
  expect(logMeanExp([])).toBe(0);
});
