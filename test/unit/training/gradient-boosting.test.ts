import { describe, expect, test } from 'vitest';
import { boostingParamsSchema } from '../../../shared/training/boosting-params.ts';
import { fitGradientBoosting } from '../../../shared/training/gradient-boosting.ts';
import { aucRoc, logLoss } from '../../../shared/training/metrics.ts';
import { predictProbabilities } from '../../../shared/training/predict.ts';
import { createRandom } from '../../../shared/training/random.ts';
import { makeRows, oneColumn } from './made-rows.ts';

const params = boostingParamsSchema.parse({});
const small = { ...params, trees: 1, leaves: 2, minSamplesLeaf: 1, threads: 1 };
const made = makeRows(2_000);

describe('fitGradientBoosting', () => {
  // scikit-learn 1.2.1's HistGradientBoostingClassifier on the same rows: max_iter=10, max_leaf_nodes=8,
  // learning_rate=.3, l2_regularization=.5, min_samples_leaf=15, early_stopping=False. It sums float32 gradients.
  test.each([
    {
      bins: 255,
      loss: 0.42065766380893654,
      auc: 0.8965155860623442,
      some: [
        0.735662066, 0.887687853, 0.747660217, 0.854400051, 0.134679247, 0.857087393, 0.795431842,
        0.054715332,
      ],
    },
    {
      bins: 16,
      loss: 0.4340335796161678,
      auc: 0.8886075544302179,
      some: [
        0.709913904, 0.881126797, 0.690182996, 0.798411959, 0.186606444, 0.856538639, 0.633432407,
        0.056088466,
      ],
    },
  ])("grows scikit-learn's trees with $bins bins", async ({ bins, loss, auc, some }) => {
    const settings = {
      ...params,
      bins,
      trees: 10,
      leaves: 8,
      learningRate: 0.3,
      l2: 0.5,
      minSamplesLeaf: 15,
    };
    const { ensemble } = await fitGradientBoosting(made, undefined, settings);
    const probabilities = predictProbabilities(ensemble, made.x);
    expect(logLoss(made.y, probabilities)).toBeCloseTo(loss, 6);
    expect(aucRoc(made.y, probabilities)).toBeCloseTo(auc, 6);
    const rows = [0, 1, 2, 3, 5, 23, 29, 1999];
    some.forEach((p, i) => expect(probabilities[rows[i] ?? -1]).toBeCloseTo(p, 5));
  });

  test('makes the split of the highest gain and Newton steps, shortened by the learning rate', async () => {
    const data = oneColumn([1, 2, 3, 4, 5, 6, 7, 8], [0, 0, 0, 1, 1, 0, 1, 1]);
    const { ensemble } = await fitGradientBoosting(data, undefined, { ...small, l2: 1, learningRate: 0.5 });
    expect(ensemble.baseMargin).toBe(0);
    // Gradients are ±1/2 and hessians 1/4. Below 3.5: G = 3/2, H = 3/4; above: G = -3/2, H = 5/4.
    expect(ensemble.trees).toEqual([
      {
        feature: Int32Array.of(0, -1, -1),
        threshold: Float32Array.of(3.5, 0, 0),
        missingLeft: Uint8Array.of(0, 0, 0),
        left: Int32Array.of(1, -1, -1),
        right: Int32Array.of(2, -1, -1),
        value: Float64Array.of(0, (-0.5 * 1.5) / 1.75, (0.5 * 1.5) / 2.25),
        cover: Float64Array.of(8, 3, 5),
      },
    ]);
  });

  test('splits where the gain exceeds minGain, and only there', async () => {
    const data = oneColumn([1, 2, 3, 4, 5, 6, 7, 8], [0, 0, 0, 1, 1, 0, 1, 1]);
    // ½ (1.5² / 1.75 + 1.5² / 2.25) = 1.142857…
    const leaves = async (minGain: number) => {
      const { ensemble } = await fitGradientBoosting(data, undefined, { ...small, l2: 1, minGain });
      return ensemble.trees[0]?.feature.length;
    };
    expect(await leaves(1.1428)).toBe(3);
    expect(await leaves(1.1429)).toBe(1);
  });

  test('is the same to the last bit for any number of threads', async () => {
    const settings = { ...params, trees: 20, earlyStoppingRounds: 15 };
    const validation = makeRows(9_500);
    const fits = await Promise.all(
      [1, 2, 3].map(async (threads) => fitGradientBoosting(made, validation, { ...settings, threads })),
    );
    expect(fits[0]?.ensemble.trees.length).toBeGreaterThan(5);
    expect(fits[1]).toEqual(fits[0]);
    expect(fits[2]).toEqual(fits[0]);
  });

  test('lowers the training loss with every tree', async () => {
    const { ensemble } = await fitGradientBoosting(made, undefined, { ...params, trees: 30 });
    const losses = ensemble.trees.map((_, i) =>
      logLoss(made.y, predictProbabilities({ ...ensemble, trees: ensemble.trees.slice(0, i) }, made.x)),
    );
    expect(losses).toHaveLength(30);
    expect(losses).toEqual(losses.toSorted((a, b) => b - a));
    expect(new Set(losses).size).toBe(30);
  });

  test('records as cover the rows that reach a node, in no leaf fewer than minSamplesLeaf', async () => {
    const { ensemble } = await fitGradientBoosting(made, undefined, {
      ...params,
      trees: 5,
      minSamplesLeaf: 33,
    });
    for (const tree of ensemble.trees) {
      expect(tree.cover).toEqual(rowsReaching(tree, made.x.values, made.x.columns));
      expect(Math.min(...tree.cover)).toBeGreaterThanOrEqual(33);
      expect(tree.feature.filter((feature) => feature < 0).length).toBeGreaterThan(10);
      expect(tree.feature.filter((feature) => feature < 0).length).toBeLessThanOrEqual(31);
    }
  });

  test('sends missing values to the side that they are like', async () => {
    const values = [1, 2, 3, 4, 5, 6, Number.NaN, Number.NaN];
    for (const missing of [0, 1]) {
      const labels = [0, 0, 0, 1, 1, 1, missing, missing];
      const { ensemble } = await fitGradientBoosting(oneColumn(values, labels), undefined, small);
      expect(ensemble.trees[0]?.threshold[0]).toBe(3.5);
      expect(ensemble.trees[0]?.missingLeft[0]).toBe(1 - missing);
      expect(ensemble.trees[0]?.cover).toEqual(
        missing === 0 ? Float64Array.of(8, 5, 3) : Float64Array.of(8, 3, 5),
      );
    }
  });

  test('sends values that are missing only later to the larger child', async () => {
    const more = [0, 0, 0, 0, 0, 1, 1, 1];
    for (const [labels, side] of [
      [more, 1],
      [more.map((label) => 1 - label).toReversed(), 0],
    ] as const) {
      const { ensemble } = await fitGradientBoosting(
        oneColumn([1, 2, 3, 4, 5, 6, 7, 8], labels),
        undefined,
        small,
      );
      expect(ensemble.trees[0]?.missingLeft[0]).toBe(side);
    }
  });

  test('parts missing values from all others where only that tells something', async () => {
    const data = oneColumn([5, 5, 1, Number.NaN, Number.NaN, 3e38], [0, 0, 0, 1, 1, 0]);
    const { ensemble } = await fitGradientBoosting(data, undefined, small);
    expect(ensemble.trees[0]?.cover).toEqual(Float64Array.of(6, 4, 2));
    const baseRate = 2 / 6;
    expect([...predictProbabilities(ensemble, data.x)].map((p) => Number(p > baseRate))).toEqual([...data.y]);
  });

  test('learns nothing from constant and from wholly missing features', async () => {
    const noise = createRandom(1);
    const values = Float32Array.from({ length: 600 }, (_, i) => [7, Number.NaN, noise()][i % 3] ?? 0);
    const y = Uint8Array.from({ length: 200 }, (_, row) => Number((values[row * 3 + 2] ?? 0) > 0.6));
    const { ensemble } = await fitGradientBoosting({ x: { rows: 200, columns: 3, values }, y }, undefined, {
      ...params,
      trees: 3,
      minSamplesLeaf: 5,
    });
    const used = new Set(ensemble.trees.flatMap(({ feature }) => [...feature]));
    expect([...used].toSorted((a, b) => a - b)).toEqual([-1, 2]);
  });

  test('gives the base rate as one leaf where there are too few rows for two leaves', async () => {
    const data = oneColumn([1, 2, 3, 4], [0, 0, 0, 1]);
    const { ensemble, bestIteration } = await fitGradientBoosting(data, undefined, {
      ...params,
      minSamplesLeaf: 3,
    });
    expect(bestIteration).toBe(1);
    expect(ensemble.trees).toHaveLength(1);
    for (const p of predictProbabilities(ensemble, data.x)) expect(p).toBeCloseTo(0.25, 14);
  });

  test('does not part 0 from -0', async () => {
    const data = oneColumn([0, -0, 0, -0], [0, 1, 0, 1]);
    const { ensemble } = await fitGradientBoosting(data, undefined, small);
    expect(ensemble.trees[0]?.feature).toEqual(Int32Array.of(-1));
  });
});

describe('early stopping', () => {
  const random = createRandom(9);
  const noisy = (rows: number) => {
    const x = { rows, columns: 4, values: Float32Array.from({ length: rows * 4 }, () => random()) };
    return {
      x,
      y: Uint8Array.from({ length: rows }, (_, row) => Number((x.values[row * 4] ?? 0) + 2 * random() > 1.5)),
    };
  };
  const train = noisy(1_000);
  const validation = noisy(5_000);

  test('keeps the trees up to the lowest validation loss', async () => {
    const losses: number[] = [];
    const settings = { ...params, trees: 300, earlyStoppingRounds: 7 };
    const fit = await fitGradientBoosting(train, validation, settings, (done, total, loss) => {
      expect(done).toBe(losses.length + 1);
      expect(total).toBe(300);
      losses.push(loss ?? Number.NaN);
    });
    const best = losses.indexOf(Math.min(...losses)) + 1;
    expect(best).toBeGreaterThan(3);
    expect(losses).toHaveLength(best + 7);
    expect(fit.bestIteration).toBe(best);
    expect(fit.ensemble.trees).toHaveLength(best);
    expect(fit.validationLoss).toBe(losses[best - 1]);
    const independent = logLoss(validation.y, predictProbabilities(fit.ensemble, validation.x));
    expect(fit.validationLoss).toBeCloseTo(independent, 12);
  });

  test('is off by default, and then the validation loss is that of all trees', async () => {
    const fit = await fitGradientBoosting(train, validation, { ...params, trees: 40 });
    expect(fit.bestIteration).toBe(40);
    expect(fit.validationLoss).toBeCloseTo(
      logLoss(validation.y, predictProbabilities(fit.ensemble, validation.x)),
      12,
    );
    const without = await fitGradientBoosting(train, undefined, { ...params, trees: 40 });
    expect(without).toEqual({ ensemble: fit.ensemble, bestIteration: 40 });
  });
});

/** Counts by walking down the tree with each row, one at a time. */
function rowsReaching(
  tree: Awaited<ReturnType<typeof fitGradientBoosting>>['ensemble']['trees'][number],
  values: Float32Array,
  columns: number,
): Float64Array {
  const counts = new Float64Array(tree.feature.length);
  for (let begin = 0; begin < values.length; begin += columns) {
    let node = 0;
    for (;;) {
      counts[node] = (counts[node] ?? 0) + 1;
      const feature = tree.feature[node] ?? -1;
      if (feature < 0) break;
      const value = values[begin + feature] ?? Number.NaN;
      const left = Number.isNaN(value)
        ? tree.missingLeft[node] === 1
        : value <= (tree.threshold[node] ?? Number.NaN);
      node = (left ? tree.left[node] : tree.right[node]) ?? -1;
    }
  }
  return counts;
}
