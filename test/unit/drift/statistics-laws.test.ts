import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adjustedPValues } from '../../../shared/drift/benjamini-hochberg.ts';
import { chiSquare, totalVariation } from '../../../shared/drift/chi-square.ts';
import { countBetween, decileEdges } from '../../../shared/drift/deciles.ts';
import { jensenShannon } from '../../../shared/drift/jensen-shannon.ts';
import { ksPValue, ksStatistic } from '../../../shared/drift/kolmogorov-smirnov.ts';
import { compareProportions } from '../../../shared/drift/proportions.ts';
import { psi } from '../../../shared/drift/psi.ts';
import { wasserstein, wassersteinOfBins } from '../../../shared/drift/wasserstein.ts';

const sorted = (values: readonly number[]) => Float64Array.from(values).sort();

// Few distinct values, so that ties and atoms are frequent.
const sample = fc
  .array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -5, max: 5, noNaN: true })), {
    minLength: 1,
    maxLength: 40,
  })
  .map(sorted);
const pairOfCounts = fc.integer({ min: 1, max: 12 }).chain((bins) => {
  const side = fc
    .array(fc.nat(50), { minLength: bins, maxLength: bins })
    .map(([first = 0, ...rest]) => [first + 1, ...rest]);
  return fc.tuple(side, side);
});

describe('the Kolmogorov–Smirnov statistic', () => {
  test('is the largest difference of the distribution functions at any value', () => {
    const share = (values: Float64Array, at: number) =>
      values.filter((value) => value <= at).length / values.length;
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const differences = [...a, ...b].map((at) => Math.abs(share(a, at) - share(b, at)));
        expect(ksStatistic(a, b)).toBeCloseTo(Math.max(...differences), 12);
      }),
    );
  });

  test('is symmetric, 0 for the same sample, and at most 1', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        expect(ksStatistic(a, b)).toBe(ksStatistic(b, a));
        expect(ksStatistic(a, a)).toBe(0);
        expect(ksStatistic(a, b)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('has a p-value that is the share of all orders of the rows with so large a statistic', () => {
    // Every way to choose which of 9 ranks belong to the first sample.
    for (const n of [2, 3, 4]) {
      const m = 9 - n;
      const all: number[] = [];
      for (let chosen = 0; chosen < 2 ** 9; chosen += 1) {
        const ranks = Array.from({ length: 9 }, (_, rank) => rank);
        const first = ranks.filter((rank) => (chosen >> rank) & 1);
        if (first.length !== n) continue;
        all.push(
          ksStatistic(
            first,
            ranks.filter((rank) => !first.includes(rank)),
          ),
        );
      }
      for (const d of new Set(all)) {
        const share = all.filter((other) => other >= d - 1e-12).length / all.length;
        expect(ksPValue(d, n, m)).toBeCloseTo(share, 12);
      }
    }
  });

  test('has a p-value that falls as it grows, and is close to the exact one where rows are too many', () => {
    for (const [n, m] of [
      [10_000, 9_000],
      [10_001, 9_000],
      [300, 300],
    ] as const) {
      const values = Array.from({ length: 15 }, (_, step) => ksPValue((step + 1) / 60, n, m));
      expect(values).toEqual(values.toSorted((a, b) => b - a));
      expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
    expect(ksPValue(0.02, 10_001, 9_000) / ksPValue(0.02, 10_000, 9_000)).toBeCloseTo(1, 2);
    expect(ksPValue(0, 10, 10)).toBe(1);
  });
});

describe('distances', () => {
  test('are 0 for equal shares, symmetric, and bounded', () => {
    fc.assert(
      fc.property(pairOfCounts, fc.integer({ min: 2, max: 5 }), ([a, b], times) => {
        const larger = a.map((count) => count * times);
        for (const distance of [psi, jensenShannon, totalVariation]) {
          expect(distance(a, larger)).toBeCloseTo(0, 7);
          expect(distance(a, b)).toBeCloseTo(distance(b, a), 12);
          expect(distance(a, b)).toBeGreaterThanOrEqual(0);
        }
        expect(jensenShannon(a, b)).toBeLessThanOrEqual(Math.sqrt(Math.LN2) + 1e-12);
        expect(totalVariation(a, b)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('of Jensen and Shannon keep the triangle inequality', () => {
    const triple = fc.tuple(
      ...Array.from({ length: 3 }, () => fc.array(fc.nat(20), { minLength: 4, maxLength: 4 })),
    );
    fc.assert(
      fc.property(triple, ([x, y, z0]) => {
        const [a, b, c] = [x, y, z0].map((side) => (side ?? []).map((count) => count + 1));
        expect(jensenShannon(a!, c!)).toBeLessThanOrEqual(
          jensenShannon(a!, b!) + jensenShannon(b!, c!) + 1e-12,
        );
      }),
    );
  });

  test('of Wasserstein move with a shift and scale with the unit', () => {
    fc.assert(
      fc.property(sample, sample, fc.integer({ min: -20, max: 20 }), (a, b, by) => {
        expect(
          wasserstein(
            a,
            a.map((value) => value + by),
          ),
        ).toBeCloseTo(Math.abs(by), 9);
        expect(wasserstein(a, b)).toBeCloseTo(wasserstein(b, a), 9);
        expect(
          wasserstein(
            a.map((value) => 4 * value),
            b.map((value) => 4 * value),
          ),
        ).toBeCloseTo(4 * wasserstein(a, b), 9);
      }),
    );
  });

  test('of Wasserstein are exact over bins of one value each', () => {
    const whole = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 60 }).map(sorted);
    const binned = (values: Float64Array) => {
      const rows = Array.from({ length: 10 }, (_, value) => values.filter((one) => one === value).length);
      return { counts: rows, sums: rows.map((count, value) => count * value) };
    };
    fc.assert(
      fc.property(whole, whole, (a, b) => {
        expect(wassersteinOfBins(binned(a), binned(b))).toBeCloseTo(wasserstein(a, b), 10);
      }),
    );
  });
});

describe('chi-square', () => {
  test('is the squared z of two proportions where there are two categories', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), fc.nat(500), fc.nat(500), (a, b, c, d) => {
        const { z: found } = compareProportions(
          { events: a, rows: a + b + 1 },
          { events: c, rows: c + d + 1 },
        );
        expect(chiSquare([a, b + 1], [c, d + 1]).statistic).toBeCloseTo(found ** 2, 7);
      }),
    );
  });

  test('judges rare categories together where so many rows have to be expected', () => {
    const [reference, current] = [
      [500, 480, 3, 2, 0],
      [250, 240, 0, 1, 2],
    ];
    expect(chiSquare(reference, current).degrees).toBe(4);
    const together = chiSquare([500, 480, 5], [250, 240, 3]);
    expect(chiSquare(reference, current, 5)).toEqual(together);
  });

  test('finds nothing where one category is all there is, or a window is empty', () => {
    expect(chiSquare([5, 0], [9, 0])).toEqual({ statistic: 0, degrees: 0, pValue: 1 });
    expect(chiSquare([5, 2], [0, 0]).pValue).toBe(1);
    expect(compareProportions({ events: 0, rows: 10 }, { events: 0, rows: 0 }).pValue).toBe(1);
  });
});

test('Benjamini and Hochberg reject what their step-up rule says, and keep the order of the p-values', () => {
  const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(pValues, fc.double({ min: 0.001, max: 0.5, noNaN: true }), (values, q) => {
      const adjusted = adjustedPValues(values);
      const ascending = values.toSorted((a, b) => a - b);
      const last = ascending.findLastIndex((p, index) => p * values.length <= q * (index + 1) * (1 - 1e-12));
      const limit = last === -1 ? -1 : ascending[last]!;
      for (const [index, p] of values.entries()) {
        if (p <= limit) expect(adjusted[index]).toBeLessThanOrEqual(q);
        expect(adjusted[index]).toBeGreaterThanOrEqual(p);
        expect(adjusted[index]).toBeLessThanOrEqual(1);
        for (const [other, p2] of values.entries()) {
          if (p < p2) expect(adjusted[index]).toBeLessThanOrEqual(adjusted[other]!);
        }
      }
    }),
  );
});

test('deciles part a sample of different values into equal tenths', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), (tenth) => {
      const values = Float64Array.from({ length: 10 * tenth }, (_, index) => index ** 1.5);
      expect(countBetween(values, decileEdges(values))).toEqual(Array.from({ length: 10 }, () => tenth));
    }),
  );
  expect(decileEdges([7, 7, 7])).toEqual([7]);
  expect(countBetween([7, 7, 8], [7])).toEqual([0, 3]);
});
