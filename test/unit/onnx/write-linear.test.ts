import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import type { LinearModel } from '../../../shared/onnx/linear-model.ts';
import { openScorer } from '../../../shared/onnx/scorer.ts';
import { writeLinear } from '../../../shared/onnx/write-linear.ts';

const model: LinearModel = {
  means: Float32Array.of(10, 1.7e9, 0.5),
  scales: Float32Array.of(0.5, 1e-5, 0),
  weights: Float64Array.of(1, -2, 100),
  missingWeights: Float64Array.of(0, 0.75, 0),
  intercept: 0.25,
};

async function score(of: LinearModel, rows: readonly (readonly number[])[]): Promise<number[]> {
  const scorer = await openScorer(writeLinear(of, ['a', 'b', 'c'], {}), 3);
  const answers = await scorer.score(Float32Array.from(rows.flat()), rows.length);
  await scorer.close();
  return [...answers];
}

const logistic = (margin: number): number => 1 / (1 + Math.exp(-margin));

describe('writeLinear', () => {
  test('standardises, weighs, and takes a missing value for the mean plus what its absence weighs', async () => {
    const answers = await score(model, [
      [10, 1.7e9, 3],
      [14, 1.7e9, 3],
      [Number.NaN, 1.7e9, Number.NaN],
      [10, Number.NaN, 3],
      [10, 1.7e9 + 51_200, 3],
    ]);
    // (51,200 is a multiple of float32's spacing there.)
    const margins = [0.25, 2.25, 0.25, 1, 0.25 - 1.024];
    margins.forEach((margin, i) => expect(answers[i]).toBeCloseTo(logistic(margin), 6));
  });

  test('answers a probability for whatever a row may hold', async () => {
    const extreme = fc.oneof(
      fc.constantFrom(Number.NaN, Infinity, -Infinity, 3.4028234663852886e38, -3.4028234663852886e38, 0),
      fc.float({ noNaN: true }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(extreme, extreme), { minLength: 1, maxLength: 20 }),
        async (rows) => {
          for (const answer of await score(
            model,
            rows.map(([a, b]) => [a, b, 1]),
          )) {
            expect(answer).toBeGreaterThanOrEqual(0);
            expect(answer).toBeLessThanOrEqual(1);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test('labels a row 1 where that is likelier', async () => {
    const session = await InferenceSession.create(writeLinear(model, ['a', 'b', 'c'], {}));
    const features = new Tensor('float32', Float32Array.of(4, 1.7e9, 0, 14, 1.7e9, 0), [2, 3]);
    const { label, probabilities } = await session.run({ features });
    expect([...(label?.data ?? [])]).toEqual([0n, 1n]);
    expect(probabilities?.dims).toEqual([2, 2]);
    const [p0 = 0, p1 = 0] = probabilities?.data ?? [];
    expect(Number(p0) + Number(p1)).toBeCloseTo(1, 6);
    await session.release();
  });

  test('refuses what is no finite float32, and names that do not fit', () => {
    expect(() => writeLinear({ ...model, intercept: 1e39 }, ['a', 'b', 'c'], {})).toThrow(/finite float32/);
    expect(() => writeLinear(model, ['a'], {})).toThrow(/1 names for 3 features/);
  });
});
