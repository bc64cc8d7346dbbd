import * as fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { ModelFileError } from '../../../shared/onnx/model-file-error.ts';
import type { Tree, TreeEnsemble } from '../../../shared/onnx/tree-ensemble.ts';
import { writeTreeEnsemble } from '../../../shared/onnx/write-model.ts';
import { ensembleWithRows, grow, logistic, rowMajor, walk } from './ensembles.ts';

/** onnxruntime's own answers, without any of the project's reading code. */
async function runModel(bytes: Uint8Array, rows: readonly Float32Array[]) {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  const features = new Tensor('float32', rowMajor(rows), [rows.length, rows[0]?.length ?? 0]);
  const { label, probabilities } = await session.run({ features });
  const both = Array.from(probabilities?.data ?? [], Number);
  const labels = Array.from(label?.data ?? [], Number);
  await session.release();
  return rows.map((_, row) => ({
    label: labels[row],
    negative: both[2 * row] ?? Number.NaN,
    positive: both[2 * row + 1] ?? Number.NaN,
  }));
}

const names = (ensemble: TreeEnsemble): string[] =>
  Array.from({ length: ensemble.featureCount }, (_, index) => `f${index}`);

const stump = grow({ feature: 1, atMost: 0.5, missing: 'left', left: -0.4, right: 0.7 });

describe('writeTreeEnsemble', () => {
  test('gives a model whose probabilities are the logistic of base margin and leaves', async () => {
    const ensemble = {
      featureCount: 2,
      baseMargin: 0.3,
      trees: [stump, grow({ feature: 0, atMost: 0, missing: 'right', left: 0.1, right: -0.2 })],
    };
    const bytes = writeTreeEnsemble(ensemble, ['a', 'b'], {});
    const answers = await runModel(bytes, [
      Float32Array.of(-1, 0.5), // both left, the second exactly on the threshold
      Float32Array.of(1, 0.6), // both right
      Float32Array.of(Number.NaN, Number.NaN), // right, left
      Float32Array.of(-0, -Infinity), // -0 <= 0
    ]);
    const expected = [0.3 - 0.4 + 0.1, 0.3 + 0.7 - 0.2, 0.3 - 0.4 - 0.2, 0.3 - 0.4 + 0.1];
    for (const [row, margin] of expected.entries()) {
      expect(answers[row]?.positive).toBeCloseTo(1 / (1 + Math.exp(-margin)), 6);
    }
  });

  test('agrees with walking the trees for any ensemble, missing values and awkward numbers', async () => {
    await fc.assert(
      fc.asyncProperty(ensembleWithRows, async ({ ensemble, rows }) => {
        const answers = await runModel(writeTreeEnsemble(ensemble, names(ensemble), {}), rows);
        for (const [index, row] of rows.entries()) {
          const margin = walk(ensemble, row);
          const answer = answers[index];
          expect(Math.abs((answer?.positive ?? Number.NaN) - logistic(margin))).toBeLessThan(1e-6);
          expect(Math.abs((answer?.negative ?? Number.NaN) - logistic(-margin))).toBeLessThan(1e-6);
          const labels = Math.abs(margin) < 1e-5 ? [0, 1] : [margin > 0 ? 1 : 0];
          expect(labels).toContain(answer?.label);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('labels a row by its probability also where no leaf is negative', async () => {
    const positive = grow({ feature: 0, atMost: 0, missing: 'left', left: 0.1, right: 0.2 });
    const [row] = await runModel(
      writeTreeEnsemble({ featureCount: 1, baseMargin: 0, trees: [positive] }, ['a'], {}),
      [Float32Array.of(0)],
    );
    expect(row?.positive).toBeCloseTo(0.52498, 5);
    expect(row?.label).toBe(1);
  });

  test('writes an ensemble without trees as a constant', async () => {
    const bytes = writeTreeEnsemble({ featureCount: 1, baseMargin: -2, trees: [] }, ['a'], {});
    const [row] = await runModel(bytes, [Float32Array.of(5)]);
    expect(row?.positive).toBeCloseTo(0.1192029, 6);
  });

  test('gives the same bytes for the same model, whatever the order of its metadata', () => {
    const ensemble = { featureCount: 2, baseMargin: 0, trees: [stump] };
    const bytes = writeTreeEnsemble(ensemble, ['a', 'b'], { run: '7', model: 'm' });
    expect(writeTreeEnsemble(ensemble, ['a', 'b'], { model: 'm', run: '7' })).toEqual(bytes);
  });

  test('refuses names and metadata that do not fit', () => {
    const ensemble = { featureCount: 2, baseMargin: 0, trees: [stump] };
    expect(() => writeTreeEnsemble(ensemble, ['a'], {})).toThrow(/1 names for 2 features/);
    expect(() => writeTreeEnsemble(ensemble, ['a', 'b'], { feature_names: 'x' })).toThrow(/reserved/);
  });

  const broken: [string, Partial<Tree>, RegExp][] = [
    ['a cycle', { left: Int32Array.of(0, -1, -1) }, /reached in two ways/],
    ['a shared child', { left: Int32Array.of(2, -1, -1) }, /reached in two ways/],
    ['a child that is missing', { right: Int32Array.of(9, -1, -1) }, /doesn't exist/],
    ['a negative child', { right: Int32Array.of(-1, -1, -1) }, /doesn't exist/],
    ['nodes that nothing leads to', { feature: Int32Array.of(-1, -1, -1) }, /nothing leads to/],
    ['a feature beyond the width', { feature: Int32Array.of(2, -1, -1) }, /reads feature 2 of 2/],
    ['a threshold that is no number', { threshold: Float32Array.of(Number.NaN, 0, 0) }, /no threshold/],
    ['an infinite leaf', { value: Float64Array.of(0, 1e39, 0) }, /not a finite float32/],
    ['a negative cover', { cover: Float64Array.of(1, -1, 2) }, /cover of -1/],
    ['arrays of different lengths', { cover: Float64Array.of(1) }, /different lengths/],
  ];
  test.each(broken)('refuses %s', (_, change, message) => {
    const ensemble = { featureCount: 2, baseMargin: 0, trees: [stump, { ...stump, ...change }] };
    const write = (): Uint8Array => writeTreeEnsemble(ensemble, ['a', 'b'], {});
    expect(write).toThrow(ModelFileError);
    expect(write).toThrow(message);
    expect(write).toThrow(/tree 1/);
  });
});
