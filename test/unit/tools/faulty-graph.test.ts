import { afterEach, describe, expect, it } from 'vitest';
import { openScorer, type Scorer } from '../../../shared/onnx/scorer.ts';
import { inspectModel } from '../../../shared/onnx/read-model.ts';
import { writeForest } from '../../../shared/onnx/write-forest.ts';
import { writeLinear } from '../../../shared/onnx/write-linear.ts';
import { writeTreeEnsemble } from '../../../shared/onnx/write-model.ts';
import { slowGraph, throwingGraph } from '../../../tools/faulty-graph.ts';
import { grow, logistic, walk } from '../onnx/ensembles.ts';

/** Scores that rise in four steps with the first feature; a missing second one lowers them. */
const ensemble = {
  featureCount: 2,
  baseMargin: -0.5,
  trees: [0, 1, 2].map((at) =>
    grow({
      feature: 0,
      atMost: at,
      missing: 'left',
      left: -0.5,
      right: { feature: 1, atMost: 0, missing: 'left', left: 0.25, right: 0.75 },
    }),
  ),
};
const onnx = writeTreeEnsemble(ensemble, ['a', 'b'], {});
const rows = [-1, 0, 0.5, 1, 1.5, 2, 2.5, Number.NaN].flatMap((a) => [1, Number.NaN].map((b) => [a, b]));
const expected = rows.map((row) => logistic(walk(ensemble, Float32Array.from(row))));

let scorer: Scorer;
afterEach(async () => {
  await scorer.close();
});

async function scored(row: readonly number[] | undefined): Promise<number | undefined> {
  return (await scorer.score(Float32Array.from(row ?? []), 1))[0];
}

describe('a graph that throws', () => {
  const band = { from: 0.4, to: 0.6, share: 0.1 };
  const fails = expected.map((score) => score >= band.from && score < band.to);

  it('fails for the rows whose score lies in the band, and scores the others as before', async () => {
    scorer = await openScorer(throwingGraph(onnx, band), 2);
    expect(new Set(fails).size).toBe(2);
    for (const [index, row] of rows.entries()) {
      if (fails[index] === true)
        await expect(scored(row)).rejects.toThrow(/the model failed: .*out of data bounds/s);
      else expect(await scored(row)).toBeCloseTo(expected[index] ?? Number.NaN, 6);
    }
  });

  it('fails for no other row of the same run', async () => {
    scorer = await openScorer(throwingGraph(onnx, band), 2);
    const outcomes = await Promise.allSettled(rows.map((row) => scored(row)));
    expect(outcomes.map(({ status }) => status === 'rejected')).toEqual(fails);
  });
});

describe('graphs of the other learners', () => {
  const shares = ensemble.trees.map((_tree, at) =>
    grow({
      feature: 0,
      atMost: at,
      missing: 'left',
      left: 0.2,
      right: { feature: 1, atMost: 0, missing: 'left', left: 0.5, right: 0.9 },
    }),
  );
  const forest = writeForest({ trees: shares, featureCount: 2, slope: 1, offset: 0 }, ['a', 'b'], {});
  const zeros = new Float32Array(2);
  const linear = writeLinear(
    {
      means: zeros,
      scales: Float32Array.of(1, 1),
      weights: Float64Array.of(0.8, 0.3),
      missingWeights: new Float64Array(2),
      intercept: -1,
    },
    ['a', 'b'],
    {},
  );
  const scoresOf = async (bytes: Uint8Array): Promise<(number | undefined)[]> => {
    scorer = await openScorer(bytes, 2);
    const results = await Promise.allSettled(rows.map((row) => scored(row)));
    await scorer.close();
    return results.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
  };

  it.each([
    ['a forest', forest],
    ['a logistic regression', linear],
  ])('throw for a band of the scores of %s, too', async (_, bytes) => {
    const before = await scoresOf(bytes);
    const middle = before.toSorted((a, b) => a! - b!)[Math.floor(before.length / 2)]!;
    const band = { from: middle - 0.01, to: middle + 0.01, share: 0.1 };
    const after = await scoresOf(throwingGraph(bytes, band));
    expect(after).toEqual(
      before.map((score) => (score! >= band.from && score! < band.to ? undefined : score)),
    );
    expect(after).toContain(undefined);
    scorer = await openScorer(bytes, 2);
  });

  it('make a forest slow with the very same scores, and refuse a model without trees', async () => {
    expect(await scoresOf(slowGraph(forest, { walks: 2, operators: 5 }))).toEqual(await scoresOf(forest));
    expect(() => slowGraph(linear, { walks: 1, operators: 1 })).toThrow(/no trees/u);
    scorer = await openScorer(forest, 2);
  });
});

describe('a slow graph', () => {
  it('gives the very same scores', async () => {
    scorer = await openScorer(onnx, 2);
    const before = await scorer.score(Float32Array.from(rows.flat()), rows.length);
    await scorer.close();
    scorer = await openScorer(slowGraph(onnx, { walks: 2, operators: 5 }), 2);
    expect(await scorer.score(Float32Array.from(rows.flat()), rows.length)).toEqual(before);
  });

  it('walks the trees as often as it is told, and once to answer', async () => {
    const slow = slowGraph(onnx, { walks: 2, operators: 5 });
    scorer = await openScorer(slow, 2);
    const operators = inspectModel(slow).nodes.map(({ opType }) => opType);
    expect(operators.filter((one) => one === 'TreeEnsembleClassifier')).toHaveLength(3);
    expect(operators.filter((one) => one === 'Sin')).toHaveLength(5);
  });
});
