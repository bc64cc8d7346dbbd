import { describe, expect, test } from 'vitest';
import type { Tree } from '../../../shared/onnx/tree-ensemble.ts';
import { permutationImportances } from '../../../shared/training/permutation-importance.ts';
import type { AskedModel } from '../../../shared/training/permutation-importance.ts';
import { predictMargins, splitsBy } from '../../../shared/training/predict.ts';
import { createRandom } from '../../../shared/training/random.ts';
import { stump } from './made-rows.ts';

// The model asks only for the first feature, which is the label itself in 9 of 10 rows.
const random = createRandom(3);
const rows = 4_000;
const y = Uint8Array.from({ length: rows }, () => Number(random() < 0.3));
const values = Float32Array.from({ length: rows * 2 }, (_, i) => {
  if (i % 2 === 1) return random();
  const label = y[i / 2] ?? 0;
  return random() < 0.9 ? label : 1 - label;
});
const x = { rows, columns: 2, values };
const ofTrees = (trees: readonly Tree[]): AskedModel => ({
  margins: (asked) => predictMargins({ featureCount: 2, baseMargin: 0, trees }, asked),
  asks: splitsBy(trees),
});
const model = ofTrees([stump(0.5, false, -1, 1)]);

describe('permutationImportances', () => {
  test('are the whole lift over chance for the only feature used, and 0 for any other', () => {
    const before = values.slice();
    const [first, second] = permutationImportances(model, x, y, ['noise', 'signal'].toReversed(), 5, 4);
    expect(first?.feature).toBe('signal');
    // Right in 9 of 10 rows: AUC 0.9, and average precision 0.27/0.34 · 0.9 + 0.3 · 0.1 ≈ 0.745; shuffled 0.5 and 0.3.
    expect(first?.aucRoc).toBeCloseTo(0.4, 1);
    expect(first?.averagePrecision).toBeCloseTo(0.445, 1);
    expect(first?.deviation).toBeGreaterThan(0);
    expect(first?.deviation).toBeLessThan(0.02);
    expect(second).toEqual({ feature: 'noise', averagePrecision: 0, aucRoc: 0, deviation: 0 });
    expect(values).toEqual(before);
  });

  test('are the same for the same seed, and others for another', () => {
    const of = (seed: number) => permutationImportances(model, x, y, ['signal', 'noise'], seed, 2);
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  test('sort the most important feature to the front', () => {
    const later = ofTrees([{ ...stump(0.5, false, -1, 1), feature: Int32Array.of(1, -1, -1) }]);
    const swapped = values.map((_, i) => values[i % 2 === 0 ? i + 1 : i - 1] ?? Number.NaN);
    const importances = permutationImportances(
      later,
      { ...x, values: swapped },
      y,
      ['noise', 'signal'],
      1,
      1,
    );
    expect(importances.map(({ feature }) => feature)).toEqual(['signal', 'noise']);
  });

  test('shuffle one feature at a time', () => {
    const hint = { ...stump(0.5, false, -1e-9, 1e-9), feature: Int32Array.of(1, -1, -1) };
    const both = ofTrees([stump(0.5, false, -1, 1), hint]);
    const [first, second] = permutationImportances(both, x, y, ['signal', 'noise'], 1, 2);
    expect(first?.aucRoc).toBeCloseTo(0.4, 1);
    expect(Math.abs(second?.aucRoc ?? 1)).toBeLessThan(0.01);
  });

  test('refuse a single class, wrong names and no repeats', () => {
    expect(() => permutationImportances(model, x, new Uint8Array(rows), ['a', 'b'], 1, 1)).toThrow(
      /both classes/,
    );
    expect(() => permutationImportances(model, x, y, ['a'], 1, 1)).toThrow(/1 feature names but 2 columns/);
    expect(() => permutationImportances(model, x, y, ['a', 'b'], 1, 0)).toThrow(/at least one repeat/);
  });
});
