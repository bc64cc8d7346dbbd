import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binEdges } from '../../../shared/drift/bin-edges.ts';
import { numberSpec } from '../../../shared/drift/column-bins.ts';
import { NumberCounter } from '../../../shared/drift/count-numbers.ts';
import { countBetween, decileEdges } from '../../../shared/drift/deciles.ts';
import type { NumericCounts } from '../../../shared/drift/histogram.ts';
import type { NumericSpec } from '../../../shared/drift/histogram-spec.ts';
import { binnedSums, decileCounts, ksBounds, momentsOf } from '../../../shared/drift/histogram-statistics.ts';
import { ksStatistic } from '../../../shared/drift/kolmogorov-smirnov.ts';
import { nextUp } from '../../../shared/drift/next-up.ts';
import { deviationOf, wasserstein, wassersteinOfBins } from '../../../shared/drift/wasserstein.ts';
import { sampleOf, sampleShape } from './arbitrary-columns.ts';

const column = { column: 'x', role: 'input', values: 'numbers' } as const;
const ROUNDING = 1e-12;

function specOf(values: Float64Array): NumericSpec {
  const spec = numberSpec(column, values);
  if (spec.kind === 'categorical') throw new Error('not numeric');
  return spec;
}

function countsOf(spec: NumericSpec, values: Float64Array): NumericCounts {
  const counter = new NumberCounter(spec);
  for (const value of values) counter.add(value);
  return counter.taken();
}

describe('the Kolmogorov–Smirnov statistic of histograms', () => {
  it('bounds that of the rows from both sides, with ties and atoms', () => {
    fc.assert(
      fc.property(sampleShape, sampleShape, (a, b) => {
        const [reference, current] = [sampleOf(a), sampleOf(b)];
        const spec = specOf(reference);
        const { lower, upper } = ksBounds(spec, countsOf(spec, reference), countsOf(spec, current));
        const exact = ksStatistic(reference.toSorted(), current.toSorted());
        expect(lower).toBeLessThanOrEqual(exact + ROUNDING);
        expect(upper).toBeGreaterThanOrEqual(exact - ROUNDING);
        // Every bin but those of one value holds less than two thousandths of the reference.
        expect(upper - lower).toBeLessThan(0.002 + ROUNDING);
      }),
      { numRuns: 1_000 },
    );
  });

  it('bounds it with bins of a third sample, by the rows that a bin holds', () => {
    fc.assert(
      fc.property(sampleShape, sampleShape, sampleShape, (a, b, c) => {
        const [reference, current] = [sampleOf(a), sampleOf(b)];
        const spec = specOf(sampleOf(c));
        const { lower, upper } = ksBounds(spec, countsOf(spec, reference), countsOf(spec, current));
        const exact = ksStatistic(reference.toSorted(), current.toSorted());
        expect(lower).toBeLessThanOrEqual(exact + ROUNDING);
        expect(upper).toBeGreaterThanOrEqual(exact - ROUNDING);
      }),
      { numRuns: 1_000 },
    );
  });

  it('sees tiny values take the place of zeros', () => {
    const at = (share: number) =>
      Float64Array.from({ length: 10_000 }, (_, i) => (i < 10_000 * share ? 0 : i < 6_000 ? 1e-9 : i));
    const spec = specOf(at(0.6));
    const { lower } = ksBounds(spec, countsOf(spec, at(0.6)), countsOf(spec, at(0.3)));
    expect(lower).toBeCloseTo(0.3, 10);
  });

  it('is not a number where a window has no values', () => {
    const spec = specOf(Float64Array.of(1, 2, 3));
    const none = countsOf(spec, Float64Array.of(Number.NaN));
    expect(ksBounds(spec, countsOf(spec, Float64Array.of(1)), none).lower).toBeNaN();
  });
});

describe('other statistics of histograms', () => {
  it('count the same rows between the deciles as the rows themselves', () => {
    fc.assert(
      fc.property(sampleShape, sampleShape, (a, b) => {
        const [reference, current] = [sampleOf(a).toSorted(), sampleOf(b).toSorted()];
        const spec = specOf(reference);
        fc.pre(spec.kind === 'numeric');
        const deciles = decileEdges(reference);
        expect(decileCounts(spec, countsOf(spec, current))).toEqual(countBetween(current, deciles));
      }),
    );
  });

  it('find mean and deviation, also beside a large constant part', () => {
    fc.assert(
      fc.property(sampleShape, fc.constantFrom(0, 1e6), (shape, constant) => {
        const values = sampleOf(shape).map((value) => value + constant);
        const spec = specOf(values);
        const { mean, deviation } = momentsOf(spec, countsOf(spec, values));
        const exact = deviationOf(values);
        const unit = 2 ** -(spec.bits - 8);
        expect(Math.abs(deviation - exact)).toBeLessThan(1e-4 * exact + 2 * unit);
        const sum = values.reduce((total, value) => total + value, 0);
        expect(Math.abs(mean - sum / values.length)).toBeLessThan(1e-6 * exact + unit);
      }),
    );
  });

  it('find the Wasserstein distance of long tails within 2 %', () => {
    for (const spread of [0.7, 1, 1.5]) {
      const shape = { seed: 3, size: 40_000, zeros: 0, step: 0, spread, shift: 0, sign: 1 as const };
      const reference = sampleOf(shape);
      const current = sampleOf({ ...shape, seed: 4 }).map((value) => value * 1.2);
      const spec = specOf(reference);
      const found = wassersteinOfBins(
        binnedSums(spec, countsOf(spec, reference)),
        binnedSums(spec, countsOf(spec, current)),
      );
      const exact = wasserstein(reference.toSorted(), current.toSorted());
      expect(Math.abs(found / exact - 1)).toBeLessThan(0.02);
    }
  });
});

describe('binEdges', () => {
  it('gives each of up to 1,000 values its own bin', () => {
    const { edges, distinct } = binEdges(Float64Array.of(-2, -0, 0, 0, 7.5));
    expect(distinct).toBe(3);
    for (const value of [-2, 0, 7.5]) {
      expect(edges).toContain(value);
      expect(edges).toContain(nextUp(value));
    }
    expect(edges.some((edge) => Object.is(edge, -0))).toBe(false);
  });

  it('makes at most 3,010 bins, and one by itself for each value of a thousandth of the rows', () => {
    const sorted = Float64Array.from({ length: 30_000 }, (_, i) =>
      i % 30 === 0 ? i : Math.floor(i / 30) / 7,
    ).sort();
    const { edges, deciles, distinct } = binEdges(sorted);
    expect(distinct).toBe(1_001);
    expect(edges.length).toBeLessThanOrEqual(3_010);
    for (const decile of deciles) expect(edges).toContain(decile);
    const masses = edges
      .slice(1)
      .map(
        (edge, i) =>
          [edge === nextUp(edges[i]!), sorted.filter((x) => x >= edges[i]! && x < edge).length] as const,
      );
    expect(Math.max(...masses.map(([single, rows]) => (single ? 0 : rows)))).toBeLessThan(60);
  });

  it('has edges without a reference', () => {
    expect(binEdges(new Float64Array()).edges).toEqual([0, nextUp(0)]);
  });
});

describe('nextUp', () => {
  it('is the least number above', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const next = nextUp(value);
        expect(next).toBeGreaterThan(value);
        const between = value / 2 + next / 2;
        expect(between === value || between === next || !(between > value && between < next)).toBe(true);
      }),
    );
    expect(nextUp(1)).toBe(1 + Number.EPSILON);
    expect(nextUp(-0)).toBe(Number.MIN_VALUE);
    expect(nextUp(-Number.MIN_VALUE)).toBe(-0);
  });
});
