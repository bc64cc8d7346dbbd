import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bandOf, thresholdFor } from '../../../tools/score-bands.ts';

const shareIn = (scores: Float32Array, from: number, to: number) =>
  scores.filter((score) => score >= from && score < to).length / scores.length;

describe('a band of scores', () => {
  const spread = Float32Array.from({ length: 1_000 }, (_, index) => index / 1_000);

  it('holds its share of the rows, in the middle of them', () => {
    const band = bandOf(spread, 0.03, 0);
    expect(band.share).toBe(0.03);
    expect(shareIn(spread, band.from, band.to)).toBe(0.03);
    expect((band.from + band.to) / 2).toBeCloseTo(0.5, 2);
  });

  it('never holds the score that it is told to avoid', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 100, maxLength: 300 });
    const property = fc.property(scores, fc.nat({ max: 99 }), (drawn, at) => {
      const all = Float32Array.from(drawn);
      const outside = all[at] ?? 0;
      try {
        const band = bandOf(all, 0.05, outside);
        expect(band.from <= outside && outside < band.to).toBe(false);
        expect(shareIn(all, band.from, band.to)).toBeCloseTo(band.share, 10);
        expect(band.share).toBeGreaterThanOrEqual(0.025);
        expect(band.share).toBeLessThanOrEqual(0.1);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    });
    fc.assert(property);
  });

  it('is refused where rows with equal scores are too many for the share', () => {
    expect(() => bandOf(Float32Array.from([0, 0, 0, 0, 1, 1, 1, 1]), 0.03, 2)).toThrow(/0.03 of the 8 rows/);
  });

  it('gets a threshold that the share reaches', () => {
    expect(thresholdFor(spread, 0.04)).toEqual({ score: Math.fround(0.96), share: 0.04 });
    expect(thresholdFor(Float32Array.of(1, 1, 1, 5), 0.1).share).toBe(0.25);
  });
});
