import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forestMargin, roundedShare } from '../../../shared/onnx/forest.ts';
import { inspectModel } from '../../../shared/onnx/read-model.ts';
import { openScorer } from '../../../shared/onnx/scorer.ts';
import type { Tree } from '../../../shared/onnx/tree-ensemble.ts';
import { writeForest } from '../../../shared/onnx/write-forest.ts';

/** Trees that part the rows by whether the first feature is at most 0; missing values go right. */
function forestOf(shares: readonly (readonly [number, number])[], slope = 1, offset = 0) {
  const round = roundedShare(shares.length);
  const trees = shares.map(([left, right]): Tree => ({
    feature: Int32Array.of(0, -1, -1),
    threshold: Float32Array.of(0, 0, 0),
    missingLeft: Uint8Array.of(0, 0, 0),
    left: Int32Array.of(1, -1, -1),
    right: Int32Array.of(2, -1, -1),
    value: Float64Array.of(0, round(left), round(right)),
    cover: Float64Array.of(9, 4, 5),
  }));
  return { featureCount: 1, trees, slope, offset };
}

async function scores(forest: ReturnType<typeof forestOf>): Promise<number[]> {
  const scorer = await openScorer(writeForest(forest, ['a'], {}), 1);
  const answers = await scorer.score(Float32Array.of(-1, 1, Number.NaN), 3);
  await scorer.close();
  return [...answers];
}

describe('writeForest', () => {
  const share = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }));
  const shares = fc.array(fc.tuple(share, share), { minLength: 1, maxLength: 150 });

  test('gives the logistic of the scaled log-odds of the mean share, near 0 and 1 too', async () => {
    const slopes = fc.double({ min: 0.05, max: 3, noNaN: true });
    const offsets = fc.double({ min: -8, max: 8, noNaN: true });
    await fc.assert(
      fc.asyncProperty(shares, slopes, offsets, async (pairs, slope, offset) => {
        const forest = forestOf(pairs, slope, offset);
        const answers = await scores(forest);
        for (const [i, side] of [0, 1, 1].entries()) {
          // From the definition, on the shares as they were before rounding.
          const mean = pairs.reduce((sum, pair) => sum + pair[side]!, 0) / pairs.length;
          const kept = Math.min(Math.max(mean, 1e-6), 1 - 1e-6);
          const exact = 1 / (1 + Math.exp(-(slope * Math.log(kept / (1 - kept)) + offset)));
          const rounding = (mean > 0.001 && mean < 0.999) || mean === 0 || mean === 1 ? 1e-3 : 0.5;
          expect(Math.abs(answers[i]! - exact)).toBeLessThan(rounding);
          // And with those that are stored: no error of the sum is magnified.
          const sum = forest.trees.reduce((total, tree) => total + tree.value[side + 1]!, 0);
          expect(Math.abs(answers[i]! - 1 / (1 + Math.exp(-forestMargin(forest, sum))))).toBeLessThan(1e-6);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('stores shares whose float32 sum is exact in any order', () => {
    fc.assert(
      fc.property(shares, (pairs) => {
        const values = forestOf(pairs).trees.map((tree) => tree.value[1]!);
        const exact = values.reduce((sum, value) => sum + value, 0);
        for (const order of [values, values.toReversed(), values.toSorted((a, b) => b - a)]) {
          expect(order.reduce((sum, value) => Math.fround(sum + value), 0)).toBe(exact);
        }
      }),
    );
  });

  test('labels by the probability, and names its outputs like any other model', async () => {
    const onnx = writeForest(forestOf([[0, 1]]), ['a'], { model: 'm' });
    const { outputs, metadata, inputs } = inspectModel(onnx);
    expect(inputs).toEqual([{ name: 'features', type: 'float', shape: ['N', 1] }]);
    expect(outputs.map(({ name, type }) => [name, type])).toEqual([
      ['label', 'int64'],
      ['probabilities', 'float'],
    ]);
    expect(metadata).toEqual({ model: 'm', feature_names: '["a"]' });
    expect(writeForest(forestOf([[0, 1]]), ['a'], { model: 'm' })).toEqual(onnx);
  });
});
