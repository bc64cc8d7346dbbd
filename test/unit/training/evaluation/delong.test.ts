import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import reference from '../../../fixtures/evaluation-reference.json' with { type: 'json' };
import { clustersOf, singleRows } from '../../../../shared/training/evaluation/clusters.ts';
import { aucDifference } from '../../../../shared/training/evaluation/compare.ts';
import { delong } from '../../../../shared/training/evaluation/delong.ts';
import { upperNormalQuantile } from '../../../../shared/promotion/normal-quantile.ts';
import { createRandom, type Random } from '../../../../shared/training/random.ts';

const y = Uint8Array.from(reference.y);
const scores = [Float64Array.from(reference.p), Float64Array.from(reference.other)];

describe('delong', () => {
  it('gives the areas and covariances that the definition by all pairs gives', () => {
    const { aucs, covariance } = delong(y, scores);
    for (const [a, row] of reference.delong.covariance.entries()) {
      expect(aucs[a]).toBeCloseTo(reference.delong.aucs[a]!, 13);
      for (const [b, value] of row.entries()) expect(covariance[a]![b]).toBeCloseTo(value, 15);
    }
  });

  it("is the Mann-Whitney statistic, with its pairs' placements as variance", () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 5 })), {
      minLength: 6,
      maxLength: 40,
    });
    fc.assert(
      fc.property(rows, (drawn) => {
        const positives = drawn.filter(([label]) => label === 1).map(([, score]) => score);
        const negatives = drawn.filter(([label]) => label === 0).map(([, score]) => score);
        fc.pre(positives.length > 1 && negatives.length > 1);
        const beats = (a: number, b: number) => (a === b ? 0.5 : Number(a > b));
        const placed = positives.map((a) => mean(negatives.map((b) => beats(a, b))));
        const against = negatives.map((b) => mean(positives.map((a) => beats(a, b))));
        const { aucs, covariance } = delong(
          Uint8Array.from(drawn, ([label]) => label),
          [Float64Array.from(drawn, ([, score]) => score)],
        );
        expect(aucs[0]).toBeCloseTo(mean(placed), 12);
        const expected = variance(placed) / placed.length + variance(against) / against.length;
        expect(covariance[0]![0]).toBeCloseTo(expected, 12);
      }),
    );
  });

  it('with every row a cluster is nearly the same', () => {
    const plain = delong(y, scores).covariance[0]![1]!;
    const clustered = delong(y, scores, singleRows(y.length)).covariance[0]![1]!;
    expect(clustered / plain).toBeGreaterThan(0.97);
    expect(clustered / plain).toBeLessThan(1.03);
  });

  it('takes copies of the same rows in one cluster for one row', () => {
    const twice = (values: Iterable<number>) => [...values, ...values];
    const keys = twice(y).map((_, row) => String(row % y.length));
    const doubled = delong(
      Uint8Array.from(twice(y)),
      [Float64Array.from(twice(scores[0]!))],
      clustersOf(keys),
    );
    const once = delong(y, [scores[0]!], singleRows(y.length));
    expect(doubled.covariance[0]![0]).toBeCloseTo(once.covariance[0]![0]!, 12);
  });

  it('covers the true difference of two versions, seen on the same rows, in 95 of 100 samples', () => {
    const draw = createRandom(11);
    // Binormal scores of means 1 and 1.3: the areas are Φ(1/√2) and Φ(1.3/√2).
    const truth = 0.821 - 0.7602;
    let covered = 0;
    for (let sample = 0; sample < 400; sample += 1) {
      const labels = Uint8Array.from({ length: 300 }, () => (draw() < 0.3 ? 1 : 0));
      const common = Float64Array.from(labels, () => 0.8 * normal(draw));
      const scored = (shift: number) =>
        common.map((value, row) => value + 0.6 * normal(draw) + shift * labels[row]!);
      const found = aucDifference(labels, scored(1.3), scored(1), singleRows(labels.length));
      if (found !== undefined && found.lower! <= truth && found.upper! >= truth) covered += 1;
    }
    expect(covered / 400).toBeGreaterThan(0.92);
    expect(covered / 400).toBeLessThan(0.98);
  });

  it('tells nothing of a single class', () => {
    expect(
      aucDifference(Uint8Array.of(1, 1), Float64Array.of(1, 2), Float64Array.of(1, 2), singleRows(2)),
    ).toBeUndefined();
  });
});

function normal(draw: Random): number {
  return upperNormalQuantile(Math.max(draw(), 1e-12));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
}
