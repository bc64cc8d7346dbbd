import { describe, expect, test } from 'vitest';
import { openScorer } from '../../../shared/onnx/scorer.ts';
import { sigmoid } from '../../../shared/onnx/tree-ensemble.ts';
import { verifyExport } from '../../../shared/onnx/verify-model.ts';
import { calibrate } from '../../../shared/training/calibrate.ts';
import { type FittedModel, learnerNameSchema } from '../../../shared/training/learner.ts';
import { learnerOf } from '../../../shared/training/learners.ts';
import { type LabelledMatrix, selectRows } from '../../../shared/training/matrix.ts';
import { makeRows } from './made-rows.ts';

const SMALL = {
  gradient_boosting: { trees: 12, leaves: 8 },
  random_forest: { trees: 12, maxDepth: 6 },
  logistic_regression: {},
};
/** What makes a fit a function of the weighted rows alone, however they are cut into rows. */
const EXACT = {
  gradient_boosting: { ...SMALL.gradient_boosting, minSamplesLeaf: 1 },
  random_forest: { ...SMALL.random_forest, bootstrap: false },
  logistic_regression: {},
};
const options = { seed: 5, threads: 2 };
const rows = makeRows(1_500);
const others = makeRows(2_500);
/** So few different values that the bins do not depend on how often each is there. */
const coarse = {
  ...rows,
  x: { ...rows.x, values: rows.x.values.map((value) => Math.round(value * 50) / 50) },
};

function probabilities(model: FittedModel, { x }: LabelledMatrix = others): Float64Array {
  return model.margins(x).map(sigmoid);
}

function worstDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

describe.each(learnerNameSchema.options)('%s', (name) => {
  const learner = learnerOf(name);

  test('is reproduced by onnxruntime, calibrated and not', async () => {
    const model = await learner.fit(rows, SMALL[name], options);
    for (const one of [model, model.calibrated({ slope: 1.7, offset: -3 })]) {
      const scorer = await openScorer(one.toOnnx(['a', 'b', 'c'], { model: 'made' }), 3);
      const check = await verifyExport(scorer, others.x.values, others.x.rows, probabilities(one));
      await scorer.close();
      expect(check.worst).toBeLessThan(1e-6);
    }
  });

  test('does not depend on the number of threads, and what is random in it on nothing but the seed', async () => {
    const fit = async (seed: number, threads: number) =>
      (await learner.fit(rows, SMALL[name], { seed, threads })).margins(others.x);
    const first = await fit(5, 1);
    expect(await fit(5, 3)).toEqual(first);
    if (name === 'random_forest') expect(await fit(6, 1)).not.toEqual(first);
  });

  test('takes a row of weight 2 for two rows', async () => {
    const twice = Array.from(rows.y.keys()).filter((row) => row % 3 === 0);
    const doubled = selectRows(coarse, [...rows.y.keys(), ...twice]);
    const weights = Float64Array.from(rows.y, (_, row) => (row % 3 === 0 ? 2 : 1));
    const [plain, weighted, repeated] = await Promise.all(
      [coarse, { ...coarse, weights }, doubled].map(async (data) =>
        probabilities(await learner.fit(data, EXACT[name], options), coarse),
      ),
    );
    expect(worstDifference(weighted!, repeated!)).toBeLessThan(1e-5);
    expect(worstDifference(weighted!, plain!)).toBeGreaterThan(1e-3);
  });

  test('lets positive rows weigh more, and both classes the same when balanced', async () => {
    const fit = async (data: LabelledMatrix, positiveWeight: number | 'balanced') =>
      probabilities(await learner.fit(data, { ...EXACT[name], positiveWeight }, options), rows);
    const weights = Float64Array.from(rows.y, (label) => (label === 1 ? 3 : 1));
    expect(await fit(rows, 3)).toEqual(await fit({ ...rows, weights }, 1));
    const positives = rows.y.reduce((sum, label) => sum + label, 0);
    expect(await fit(rows, 'balanced')).toEqual(await fit(rows, (rows.y.length - positives) / positives));
  });

  test('keeps the order of the rows when calibrated, and the probabilities then are borne out', async () => {
    const biased = await learner.fit(rows, { ...SMALL[name], positiveWeight: 10 }, options);
    const { model } = await calibrate(learner, biased, rows, options);
    const before = biased.margins(others.x);
    const after = model.margins(others.x);
    const order = Array.from(before.keys()).toSorted((a, b) => before[a]! - before[b]!);
    for (const [i, row] of order.entries()) {
      const last = order[i - 1];
      if (last !== undefined && before[row]! - before[last]! > 1e-9)
        expect(after[row]).toBeGreaterThan(after[last]!);
    }
    const sum = (values: Float64Array | Uint8Array): number => [...values].reduce((a, b) => a + b, 0);
    const observedToExpected = (p: Float64Array) => sum(others.y) / sum(p);
    expect(observedToExpected(before.map(sigmoid))).toBeLessThan(0.8);
    expect(observedToExpected(after.map(sigmoid))).toBeGreaterThan(0.93);
    expect(observedToExpected(after.map(sigmoid))).toBeLessThan(1.07);
  });

  test('refuses unknown parameters, weights that are not above 0, and a single class', async () => {
    expect(() => learner.parseParams({ tree: 3 })).toThrow(/tree/);
    const zero = { ...rows, weights: new Float64Array(rows.x.rows) };
    await expect(learner.fit(zero, {}, options)).rejects.toThrow(/weight of row 0/);
    const same = { ...rows, y: new Uint8Array(rows.x.rows) };
    await expect(learner.fit(same, {}, options)).rejects.toThrow(/have the label 0/);
    const model = await learner.fit(rows, SMALL[name], options);
    expect(() => model.margins({ rows: 1, columns: 2, values: new Float32Array(2) })).toThrow(/3 features/);
  });

  test('learns nothing from a constant and from a wholly missing feature', async () => {
    const values = Float32Array.from({ length: rows.x.rows * 3 }, (_, i) =>
      i % 3 === 0 ? (rows.x.values[i + 1] ?? 0) : i % 3 === 1 ? 0.1 : Number.NaN,
    );
    const weights = Float64Array.from(rows.y, (_, row) => 0.1 + (row % 7));
    const data = { ...rows, x: { ...rows.x, values }, weights };
    const model = await learner.fit(data, SMALL[name], options);
    expect([0, 1, 2].map((feature) => model.asks(feature))).toEqual([true, false, false]);
    const changed = { ...data.x, values: values.map((value, i) => (i % 3 === 0 ? value : 77)) };
    expect(model.margins(changed)).toEqual(model.margins(data.x));
  });
});

describe('early stopping', () => {
  test('chooses a number of trees, and all rows are fitted with that many', async () => {
    const learner = learnerOf('gradient_boosting');
    const stages = new Set<string>();
    const stopping = { trees: 400, leaves: 8, learningRate: 0.3, earlyStoppingRounds: 5 };
    const model = await learner.fit(rows, stopping, {
      ...options,
      onProgress: (stage) => stages.add(stage),
    });
    expect([...stages]).toEqual(['choosing the number of trees', 'fitting']);
    expect(model.trees).toBeGreaterThan(2);
    expect(model.trees).toBeLessThan(395);
    expect(model.params).toMatchObject({ trees: model.trees, earlyStoppingRounds: 0 });
    const again = await learner.fit(rows, model.params, options);
    expect(again.margins(others.x)).toEqual(model.margins(others.x));
  });
});
