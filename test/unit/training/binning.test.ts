import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binThresholds, createBinner, sortedColumn } from '../../../shared/training/binning.ts';

const values = Float32Array.of(3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4).toSorted();

describe('binThresholds', () => {
  // The expected thresholds are those of scikit-learn 1.2.1's _find_binning_thresholds.
  test.each([
    [
      'halfway between neighbours, where there are few different values',
      255,
      [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5],
    ],
    [
      'halfway between neighbours, where there are just as many different values as bins',
      9,
      [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5],
    ],
    ['at quantiles, where there are more', 4, [3, 4.5, 7.5]],
    ['at quantiles of more bins, as long as they differ', 8, [2, 3, 3.5, 4.5, 5, 7.5, 8.5]],
  ])('are %s', (_, bins, expected) => {
    expect([...binThresholds(values, bins)]).toEqual(expected);
  });

  test('do not exist for a constant or an empty feature, also one of 0 and -0', () => {
    expect(binThresholds(Float32Array.of(7, 7, 7), 255)).toHaveLength(0);
    expect(binThresholds(new Float32Array(0), 255)).toHaveLength(0);
    expect(binThresholds(Float32Array.of(-0, 0), 255)).toHaveLength(0);
  });

  test('part two neighbouring float32 values, and the largest ones', () => {
    // Halfway rounds down to the even 1, and then up to the even 1 + 2⁻²², which would be too far.
    const [first, second, third] = [1, 1 + 2 ** -23, 1 + 2 ** -22];
    expect([...binThresholds(Float32Array.of(first, second, third), 255)]).toEqual([first, second]);
    const largest = 3.4028234663852886e38;
    expect([...binThresholds(Float32Array.of(-largest, largest), 255)]).toEqual([0]);
  });

  test('with tails part few rows at both ends, and take no more bins', () => {
    const ranks = Float32Array.from({ length: 100_000 }, (_, i) => i);
    for (const bins of [255, 64, 16, 2]) {
      expect(binThresholds(ranks, bins, true).length).toBe(bins - 1);
    }
    const outermost = (thresholds: Float32Array) => [thresholds[0]!, ranks.length - 1 - thresholds.at(-1)!];
    for (const rows of outermost(binThresholds(ranks, 255, true))) expect(rows).toBeLessThan(5);
    for (const rows of outermost(binThresholds(ranks, 255))) expect(rows).toBeGreaterThan(390);
    const inner = binThresholds(ranks, 255, true).filter((t) => t > 1_000 && t < 99_000);
    const widths = inner.subarray(1).map((t, i) => t - inner[i]!);
    expect(Math.max(...widths)).toBeLessThan(420);
  });
});

describe('createBinner', () => {
  const float = fc.float({ noNaN: true, noDefaultInfinity: true });

  test('puts a value into the first bin whose threshold it does not exceed as float32', () => {
    fc.assert(
      fc.property(
        fc.array(float, { maxLength: 400 }),
        fc.integer({ min: 2, max: 255 }),
        fc.array(float),
        (of, bins, asked) => {
          const thresholds = binThresholds(Float32Array.from(of).toSorted(), bins);
          expect(thresholds.length).toBeLessThan(bins);
          expect(
            thresholds.every((threshold, i) => i === 0 || threshold > (thresholds[i - 1] ?? Infinity)),
          ).toBe(true);
          const binOf = createBinner(thresholds);
          for (const value of [...of, ...asked, ...thresholds]) {
            expect(binOf(value)).toBe(thresholds.filter((threshold) => value > threshold).length);
          }
        },
      ),
    );
  });

  test('gives each of up to 255 different values a bin of its own, and missing ones the one behind', () => {
    const sorted = Float32Array.from({ length: 255 }, (_, i) => i / 10);
    const binOf = createBinner(binThresholds(sorted, 255));
    expect([...sorted].map(binOf)).toEqual(Array.from(sorted.keys()));
    expect(binOf(Number.NaN)).toBe(255);
  });
});

describe('sortedColumn', () => {
  const x = { rows: 4, columns: 2, values: Float32Array.of(3, 9, Number.NaN, 8, 1, 7, 2, 6) };

  test('leaves out missing values', () => {
    expect([...sortedColumn(x, 0)]).toEqual([1, 2, 3]);
  });

  test('reads only the rows of a sample', () => {
    expect([...sortedColumn(x, 1, Uint32Array.of(0, 2))]).toEqual([7, 9]);
  });
});
