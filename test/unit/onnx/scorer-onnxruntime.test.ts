import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ModelFileError } from '../../../shared/onnx/model-file-error.ts';
import { encodeModel } from '../../../shared/onnx/model-proto.ts';
import { openScorer } from '../../../shared/onnx/scorer.ts';
import { writeTreeEnsemble } from '../../../shared/onnx/write-model.ts';
import { ensembleWithRows, grow, logistic, rowMajor, walk } from './ensembles.ts';

const float = (name: string, ...dim: object[]): object => ({
  name,
  type: { tensor_type: { elem_type: 1, shape: { dim } } },
});
const N = { dim_param: 'N' };
const column = { dim_value: 1 };

/** Sigmoid of the only feature, in outputs of the shapes that other tools make. */
function sigmoidModel(input: object, outputs: readonly object[]): Uint8Array {
  return encodeModel({
    ir_version: 7,
    opset_import: [{ domain: '', version: 11 }],
    graph: {
      name: 'g',
      node: [
        { op_type: 'Sigmoid', input: ['x'], output: ['p'] },
        {
          op_type: 'Squeeze',
          input: ['p'],
          output: ['flat'],
          attribute: [{ name: 'axes', type: 7, ints: [1] }],
        },
        {
          op_type: 'Concat',
          input: ['x', 'p'],
          output: ['probabilities'],
          attribute: [{ name: 'axis', type: 2, i: 1 }],
        },
      ],
      input: [input],
      output: outputs,
    },
  });
}

describe('a scorer on onnxruntime', () => {
  test('agrees with walking the trees when many requests share a run', async () => {
    await fc.assert(
      fc.asyncProperty(ensembleWithRows, async ({ ensemble, rows }) => {
        const names = Array.from({ length: ensemble.featureCount }, (_, index) => `f${index}`);
        const scorer = await openScorer(writeTreeEnsemble(ensemble, names, {}), ensemble.featureCount, {
          maxRows: 7,
        });
        const together = scorer.score(rowMajor(rows), rows.length);
        const single = await Promise.all(rows.map((row) => scorer.score(row, 1)));
        const scores = await together;
        await scorer.close();
        for (const [index, row] of rows.entries()) {
          expect(scores[index]).toBeCloseTo(logistic(walk(ensemble, row)), 6);
          expect(single[index]?.[0]).toBe(scores[index]);
        }
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ['[N, 1]', [float('p', N, column)]],
    ['[N]', [float('flat', N)]],
    [
      '[N, 2] among others when it is called probabilities',
      [float('p', N, column), float('probabilities', N, { dim_value: 2 })],
    ],
  ])('takes an output of the shape %s', async (_, outputs) => {
    const scorer = await openScorer(sigmoidModel(float('x', N, column), outputs), 1);
    const [low, high] = await scorer.score(Float32Array.of(-1, 2), 2);
    expect(low).toBeCloseTo(0.26894142, 6);
    expect(high).toBeCloseTo(0.88079708, 6);
    await scorer.close();
  });

  const input = float('x', N, column);
  test.each([
    ['two outputs that could be it', input, [float('p', N, column), float('flat', N)], /which output/],
    ['no such output', input, [float('p', N, { dim_value: 3 })], /which output/],
    ['another width', float('x', N, { dim_value: 4 }), [float('p', N, column)], /reads 4 features/],
    ['a fixed number of rows', float('x', column, column), [float('p', N, column)], /not a float tensor/],
    ['an input of another rank', float('x', N), [float('p', N, column)], /not a float tensor/],
  ])('refuses a model with %s', async (_, modelInput, outputs, message) => {
    const opening = openScorer(sigmoidModel(modelInput, outputs), 1);
    await expect(opening).rejects.toThrow(ModelFileError);
    await expect(opening).rejects.toThrow(message);
  });

  test('names what onnxruntime has against a model', async () => {
    const model = encodeModel({
      ir_version: 8,
      opset_import: [{ domain: '', version: 17 }],
      graph: {
        name: 'g',
        node: [{ op_type: 'NoSuchOperator', input: ['x'], output: ['p'] }],
        input: [input],
        output: [float('p', N, column)],
      },
    });
    await expect(openScorer(model, 1)).rejects.toThrow(/onnxruntime refuses the model.*NoSuchOperator/s);
  });

  test('opens a model whose bytes are a part of a larger buffer', async () => {
    const tree = grow({ feature: 0, atMost: 0, missing: 'left', left: -1, right: 1 });
    const model = writeTreeEnsemble({ featureCount: 1, baseMargin: 0, trees: [tree] }, ['a'], {});
    const padded = Buffer.concat([Buffer.alloc(13, 7), model, Buffer.alloc(5, 7)]);
    const scorer = await openScorer(padded.subarray(13, 13 + model.length), 1);
    const [score] = await scorer.score(Float32Array.of(1), 1);
    expect(score).toBeCloseTo(0.73105858, 6);
    await scorer.close();
  });
});
