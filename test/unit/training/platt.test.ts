import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sigmoid } from '../../../shared/onnx/tree-ensemble.ts';
import { stratifiedFolds } from '../../../shared/training/calibrate.ts';
import { fitPlatt } from '../../../shared/training/platt.ts';
import { createRandom } from '../../../shared/training/random.ts';

describe('fitPlatt', () => {
  test("gives scikit-learn's sigmoid calibration", () => {
    const margins = Float64Array.from({ length: 500 }, (_, i) => ((i * 37) % 101) / 10 - 5);
    const y = Uint8Array.from(margins, (f, i) => Number(((i * 53) % 97) / 97 < sigmoid(0.6 * f - 1)));
    // 1.2.1's _sigmoid_calibration, which has the signs the other way round.
    const { slope, offset } = fitPlatt(margins, y);
    expect(slope).toBeCloseTo(0.47059040950854575, 4);
    expect(offset).toBeCloseTo(-0.6960636901883439, 4);
  });

  test('finds the slope and offset that outcomes were drawn with', () => {
    const random = createRandom(4);
    for (const [slope, offset] of [
      [0.5, -3],
      [2, 1],
    ] as const) {
      const margins = Float64Array.from({ length: 40_000 }, () => 4 * random() - 2);
      const y = Uint8Array.from(margins, (margin) => Number(random() < sigmoid(slope * margin + offset)));
      const found = fitPlatt(margins, y);
      expect(Math.abs(found.slope - slope)).toBeLessThan(0.08);
      expect(Math.abs(found.offset - offset)).toBeLessThan(0.08);
    }
  });

  const labelled = fc.array(
    fc.record({ margin: fc.double({ min: -30, max: 30, noNaN: true }), label: fc.constantFrom(0, 1) }),
    { minLength: 2, maxLength: 60 },
  );

  test('never turns the order round, and is finite, whatever the rows', () => {
    fc.assert(
      fc.property(labelled, (rows) => {
        fc.pre(rows.some(({ label }) => label === 0) && rows.some(({ label }) => label === 1));
        const { slope, offset } = fitPlatt(
          Float64Array.from(rows, ({ margin }) => margin),
          Uint8Array.from(rows, ({ label }) => label),
        );
        expect(slope).toBeGreaterThan(0);
        expect(Number.isFinite(slope) && Number.isFinite(offset)).toBe(true);
      }),
    );
  });

  test('gives the base rate, all but flat, to a model that ranks the wrong way round', () => {
    const margins = Float64Array.from({ length: 1_000 }, (_, i) => (i % 10) - 4.5);
    const y = Uint8Array.from(margins, (margin, i) => Number(margin < 0 && i % 2 === 0));
    const { slope, offset } = fitPlatt(margins, y);
    expect(slope).toBeLessThan(0.01);
    const rate = y.reduce((sum, label) => sum + label, 0) / y.length;
    expect(sigmoid(offset)).toBeCloseTo(rate, 2);
  });

  test('takes a row of weight 2 for two rows', () => {
    const random = createRandom(8);
    const margins = Float64Array.from({ length: 300 }, () => 6 * random() - 3);
    const y = Uint8Array.from(margins, (margin) => Number(random() < sigmoid(margin)));
    const weighted = fitPlatt(margins, y, new Float64Array(300).fill(2));
    const doubled = fitPlatt(Float64Array.of(...margins, ...margins), Uint8Array.of(...y, ...y));
    expect(weighted.slope).toBeCloseTo(doubled.slope, 8);
    expect(weighted.offset).toBeCloseTo(doubled.offset, 8);
  });

  test('refuses a single class, infinite margins and other lengths', () => {
    expect(() => fitPlatt(Float64Array.of(1, 2), Uint8Array.of(1, 1))).toThrow(/both classes/);
    expect(() => fitPlatt(Float64Array.of(1, Infinity), Uint8Array.of(0, 1))).toThrow(/finite/);
    expect(() => fitPlatt(Float64Array.of(1), Uint8Array.of(0, 1))).toThrow(/1 margins, 2 labels/);
  });
});

test('stratified folds have their part of either class, by chance', () => {
  const y = Uint8Array.from({ length: 1_003 }, (_, row) => Number(row % 50 === 0));
  const foldOf = stratifiedFolds(y, 5, 1);
  for (let fold = 0; fold < 5; fold++) {
    const inside = Array.from(y.keys()).filter((row) => foldOf[row] === fold);
    expect(Math.abs(inside.length - 200.6)).toBeLessThan(2);
    expect(Math.abs(inside.filter((row) => y[row] === 1).length - 4.2)).toBeLessThan(1);
  }
  expect(stratifiedFolds(y, 5, 1)).toEqual(foldOf);
  expect(stratifiedFolds(y, 5, 2)).not.toEqual(foldOf);
});
