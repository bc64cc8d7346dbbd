import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  aucRoc,
  averagePrecision,
  brierScore,
  logLoss,
  summarise,
} from '../../../shared/training/metrics.ts';

// The expected figures are scikit-learn 1.9.1's for the same vectors; 0.4 and 0.8 are tied across the classes.
const y = Uint8Array.of(0, 1, 0, 1, 1, 0, 0, 1, 0, 1);
const p = Float64Array.of(0.1, 0.9, 0.4, 0.4, 0.8, 0.8, 0.2, 0.4, 0.4, 0.05);

describe('metrics', () => {
  test("are scikit-learn's, also where scores are tied", () => {
    const metrics = summarise(y, p);
    expect(metrics.aucRoc).toBeCloseTo(0.62, 14);
    expect(metrics.averagePrecision).toBeCloseTo(0.6619047619047618, 14);
    expect(metrics.logLoss).toBeCloseTo(0.8116411031212454, 14);
    expect(metrics.brier).toBeCloseTo(0.26825, 14);
    expect(metrics).toMatchObject({ positiveRate: 0.5, rows: 10 });
  });

  test('keep the log loss of a wrong certainty finite', () => {
    expect(logLoss(Uint8Array.of(1, 0, 1), Float64Array.of(0, 0.25, 1))).toBeCloseTo(12.110445153856311, 12);
  });

  test('treat 0 and -0 as the same score', () => {
    expect(aucRoc(Uint8Array.of(1, 0), Float64Array.of(0, -0))).toBe(0.5);
    expect(aucRoc(Uint8Array.of(1, 0), Float64Array.of(-0, 0))).toBe(0.5);
  });

  test('take infinite scores for the highest and the lowest', () => {
    expect(aucRoc(Uint8Array.of(1, 0, 0), Float64Array.of(Infinity, 3, -Infinity))).toBe(1);
  });

  test('are NaN where the classes that are there do not define them', () => {
    const scores = Float64Array.of(0.2, 0.7);
    expect(aucRoc(Uint8Array.of(0, 0), scores)).toBeNaN();
    expect(aucRoc(Uint8Array.of(1, 1), scores)).toBeNaN();
    expect(averagePrecision(Uint8Array.of(0, 0), scores)).toBeNaN();
    expect(averagePrecision(Uint8Array.of(1, 1), scores)).toBe(1);
    expect(summarise(new Uint8Array(0), new Float64Array(0)).logLoss).toBeNaN();
  });

  test('refuse what is no probability and lengths that differ', () => {
    expect(() => logLoss(Uint8Array.of(1), Float64Array.of(1.5))).toThrow(/row 0 is 1.5/);
    expect(() => brierScore(Uint8Array.of(1), Float64Array.of(Number.NaN))).toThrow(RangeError);
    expect(() => aucRoc(Uint8Array.of(1, 0), Float64Array.of(1, Number.NaN))).toThrow(/NaN/);
    expect(() => averagePrecision(Uint8Array.of(1, 0, 1), Float64Array.of(1, 0))).toThrow(
      /3 labels but 2 scores/,
    );
  });

  test('count each pair of a positive and a negative row once', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 6 })), {
      minLength: 2,
    });
    fc.assert(
      fc.property(rows, (pairs) => {
        const labels = Uint8Array.from(pairs, ([label]) => label);
        const scores = Float64Array.from(pairs, ([, score]) => score);
        const wins = pairs
          .filter(([label]) => label === 1)
          .flatMap(([, mine]) =>
            pairs.filter(([label]) => label === 0).map(([, other]) => beats(mine, other)),
          );
        const expected = wins.reduce((sum, win) => sum + win, 0) / wins.length;
        fc.pre(wins.length > 0);
        expect(aucRoc(labels, scores)).toBeCloseTo(expected, 12);
      }),
    );
  });
});

function beats(mine: number, other: number): number {
  if (mine === other) return 0.5;
  return mine > other ? 1 : 0;
}
