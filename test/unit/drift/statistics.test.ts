import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { adjustedPValues } from '../../../shared/drift/benjamini-hochberg.ts';
import { alignCounts } from '../../../shared/drift/category-counts.ts';
import { chiSquare } from '../../../shared/drift/chi-square.ts';
import { countBetween, decileEdges } from '../../../shared/drift/deciles.ts';
import { chiSquareTail, normalTails } from '../../../shared/drift/incomplete-gamma.ts';
import { kolmogorovTail } from '../../../shared/drift/kolmogorov-distribution.ts';
import { ksPValue } from '../../../shared/drift/kolmogorov-smirnov.ts';
import { categoricalStatistics, numericStatistics } from '../../../shared/drift/measure-sample.ts';
import { compareProportions } from '../../../shared/drift/proportions.ts';

const numbers = z.array(z.number());
const counts = z.record(z.string(), z.number());
const figures = z.record(z.string(), z.number());
const fixture = z
  .object({
    numeric: z.array(z.object({ name: z.string(), reference: numbers, current: numbers, expected: figures })),
    categorical: z.array(
      z.object({ name: z.string(), reference: counts, current: counts, expected: figures }),
    ),
    kolmogorovTail: z.array(z.tuple([z.number(), z.number(), z.number()])),
    ksPValue: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
    chiSquareTail: z.array(z.tuple([z.number(), z.number(), z.number()])),
    proportions: z.array(z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.number()])),
    benjaminiHochberg: z.object({ pValues: numbers, adjusted: numbers }),
  })
  .parse(JSON.parse(readFileSync(new URL('../../fixtures/drift-statistics.json', import.meta.url), 'utf8')));

// Reference figures that are no part of the project; where they lie beside it, they have to be met as well.
const VECTORS = new URL('../../../../shared/reference/drift-vectors.json', import.meta.url);
const vectors = z
  .array(
    z.discriminatedUnion('kind', [
      z.object({
        kind: z.literal('numeric'),
        name: z.string(),
        reference: numbers,
        current: numbers,
        expected: z.record(z.string(), z.unknown()),
      }),
      z.object({
        kind: z.literal('categorical'),
        name: z.string(),
        reference: counts,
        current: counts,
        expected: z.record(z.string(), z.unknown()),
      }),
    ]),
  )
  .parse(
    existsSync(VECTORS)
      ? z.object({ cases: z.unknown() }).parse(JSON.parse(readFileSync(VECTORS, 'utf8'))).cases
      : [],
  );

const sorted = (values: readonly number[]) => Float64Array.from(values).sort();
const asMap = (record: Readonly<Record<string, number>>) => new Map(Object.entries(record));

/** The error in multiples of the figure that it ought to be. */
function errorOf(value: number | undefined, expected: number): number {
  return Math.abs((value ?? Number.NaN) - expected) / (Math.abs(expected) || 1);
}

function expectFigures(
  found: Readonly<Record<string, number | undefined>>,
  expected: Readonly<Record<string, unknown>>,
  names: Readonly<Record<string, string>>,
): void {
  for (const [name, theirs] of Object.entries(names)) {
    expect(errorOf(found[name], z.number().parse(expected[theirs]))).toBeLessThanOrEqual(
      /pvalue/i.test(name) ? 1e-4 : 1e-6,
    );
  }
}

describe('statistics agree with scipy', () => {
  test.each(fixture.numeric)('on numbers: $name', ({ reference, current, expected }) => {
    const names = Object.fromEntries(Object.keys(expected).map((name) => [name, name]));
    expect(Object.keys(names)).toHaveLength(6);
    expectFigures({ ...numericStatistics(sorted(reference), sorted(current)) }, expected, names);
  });

  test.each(fixture.categorical)('on categories: $name', ({ reference, current, expected }) => {
    const { degrees, ...rest } = expected;
    const names = Object.fromEntries(Object.keys(rest).map((name) => [name, name]));
    expect(Object.keys(names)).toHaveLength(4);
    expectFigures({ ...categoricalStatistics(asMap(reference), asMap(current)) }, rest, names);
    const aligned = alignCounts(asMap(reference), asMap(current));
    expect(chiSquare(aligned.reference, aligned.current).degrees).toBe(degrees);
  });

  test.each(vectors)('on the reference vectors: $name', (vector) => {
    if (vector.kind === 'numeric') {
      const [reference, current] = [sorted(vector.reference), sorted(vector.current)];
      expectFigures({ ...numericStatistics(reference, current) }, vector.expected, {
        ks: 'ks_statistic',
        ksPValue: 'ks_pvalue',
        psi: 'psi_deciles',
        jensenShannon: 'jensenshannon_deciles',
        wasserstein: 'wasserstein',
        wassersteinNormed: 'wasserstein_normed',
      });
      const edges = decileEdges(reference);
      expect(countBetween(reference, edges)).toEqual(vector.expected['decile_counts_reference']);
      expect(countBetween(current, edges)).toEqual(vector.expected['decile_counts_current']);
      return;
    }
    expectFigures(
      { ...categoricalStatistics(asMap(vector.reference), asMap(vector.current)) },
      vector.expected,
      {
        psi: 'psi',
        jensenShannon: 'jensenshannon',
        chiSquare: 'chi2_homogeneity',
        chiSquarePValue: 'chi2_homogeneity_pvalue',
      },
    );
  });

  test('on the tail of Kolmogorov’s distribution', () => {
    for (const [n, x, expected] of fixture.kolmogorovTail)
      expect(errorOf(kolmogorovTail(n, x), expected)).toBeLessThanOrEqual(1e-4);
  });

  test('on p-values of two samples, exact and beyond 10,000 rows', () => {
    for (const [n, m, d, expected] of fixture.ksPValue) {
      expect(errorOf(ksPValue(d, n, m), expected)).toBeLessThanOrEqual(1e-4);
      expect(errorOf(ksPValue(d, m, n), expected)).toBeLessThanOrEqual(1e-4);
    }
  });

  test('on the tails of chi-square and normal variables', () => {
    for (const [value, degrees, expected] of fixture.chiSquareTail) {
      expect(errorOf(chiSquareTail(value, degrees), expected)).toBeLessThanOrEqual(1e-10);
    }
    for (const [e, n, f, m, z0, expected] of fixture.proportions) {
      const { z: found, pValue } = compareProportions({ events: e, rows: n }, { events: f, rows: m });
      expect(errorOf(found, z0)).toBeLessThanOrEqual(1e-10);
      expect(errorOf(pValue, expected)).toBeLessThanOrEqual(1e-8);
      expect(normalTails(found)).toBe(pValue);
    }
  });

  test('on p-values adjusted for many tests', () => {
    const { pValues, adjusted } = fixture.benjaminiHochberg;
    const found = adjustedPValues(pValues);
    for (const [index, expected] of adjusted.entries())
      expect(errorOf(found[index], expected)).toBeLessThanOrEqual(1e-12);
  });
});
