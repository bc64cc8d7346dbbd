import { describe, expect, test } from 'vitest';
import { boostingParamsSchema } from '../../../shared/training/boosting-params.ts';
import { fitGradientBoosting } from '../../../shared/training/gradient-boosting.ts';
import { makeRows, oneColumn } from './made-rows.ts';

const params = boostingParamsSchema.parse({});
const made = makeRows(2_000);

describe('bad input', () => {
  test.each([
    [{ trees: 0 }],
    [{ leaves: 1 }],
    [{ learningRate: 0 }],
    [{ bins: 256 }],
    [{ minSamplesLeaf: 0 }],
    [{ l2: -1 }],
    [{ l2: Number.NaN }],
    [{ seed: 1.5 }],
    [{ threads: 0 }],
    [{ depth: 3 }],
  ])('is refused in the parameters: %o', async (bad) => {
    expect(boostingParamsSchema.safeParse(bad).success).toBe(false);
    await expect(fitGradientBoosting(made, undefined, { ...params, ...bad })).rejects.toThrow(
      Object.keys(bad)[0],
    );
  });

  test.each([
    ['a single class', oneColumn([1, 2], [1, 1]), undefined, /All 2 training rows have the label 1/],
    ['another label', oneColumn([1, 2], [0, 2]), undefined, /label of row 1 of the training data is 2/],
    ['no rows', oneColumn([], []), undefined, /0 rows/],
    ['a label too few', oneColumn([1, 2, 3], [0, 1]), undefined, /3 rows but 2 labels/],
    [
      'an infinite value',
      oneColumn([1, -Infinity], [0, 1]),
      undefined,
      /row 1, column 0 of the training data is infinite/,
    ],
    [
      'an infinite value for validation',
      oneColumn([1, 2], [0, 1]),
      oneColumn([Infinity], [0]),
      /validation data is inf/,
    ],
    ['validation data of another width', oneColumn([1, 2], [0, 1]), made, /3 columns, the training data 1/],
  ])('is refused in the data: %s', async (_, train, validation, message) => {
    await expect(fitGradientBoosting(train, validation, params)).rejects.toThrow(message);
  });

  test('is early stopping without a validation part', async () => {
    const settings = { ...params, earlyStoppingRounds: 5 };
    await expect(fitGradientBoosting(made, undefined, settings)).rejects.toThrow('needs a validation part');
  });
});
