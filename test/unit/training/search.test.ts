import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { searchPlanSchema, rungsOf, type SearchPlan } from '../../../shared/training/search-plan.ts';
import { drawTrials, nextStep, rowsOfShare, type TrialResult } from '../../../shared/training/search.ts';
import { runTrial } from '../../../shared/training/trial.ts';
import { makeRows } from './made-rows.ts';

const plan = searchPlanSchema.parse({
  trials: 18,
  learners: {
    gradient_boosting: {
      learningRate: { from: 0.02, to: 0.3, scale: 'log' },
      leaves: { from: 4, to: 64, scale: 'log', integer: true },
      minSamplesLeaf: { from: 5, to: 8, integer: true },
      trees: 50,
    },
    logistic_regression: { l2: { from: 0.01, to: 100, scale: 'log' } },
    random_forest: { maxDepth: { oneOf: [4, 8, 12] }, trees: 30 },
  },
});

/** Runs a whole search whose trials have these values in every rung. */
function search(searched: SearchPlan, seed: number, valueOf: (trial: number, share: number) => number) {
  const trials = drawTrials(searched, seed);
  const results: TrialResult[][] = [];
  const counts: number[] = [];
  for (;;) {
    const step = nextStep(searched, trials, results);
    if (step.kind !== 'rung') return { step, counts };
    counts.push(step.trials.length);
    results.push(
      step.trials.map(({ number }) => ({ trial: number, value: valueOf(number, step.share) })).toReversed(),
    );
  }
}

describe("the model folder's own setting", () => {
  const own = { learner: 'gradient_boosting', params: { trees: 70, learningRate: 0.07 } } as const;

  test('is the first trial, and changes none of the others', () => {
    const [first, ...others] = drawTrials(plan, 3, own);
    expect(first).toMatchObject({ number: 0, ...own, isOwn: true });
    expect(others).toEqual(drawTrials(plan, 3).slice(1));
  });

  test('takes part in every round, so that what wins has beaten it on all rows', () => {
    const trials = drawTrials(plan, 3, own);
    const results: TrialResult[][] = [];
    for (;;) {
      const step = nextStep(plan, trials, results);
      if (step.kind !== 'rung') {
        // Last on a part of the rows, and first on all of them.
        expect(step).toMatchObject({ kind: 'best', trial: { number: 0 } });
        return;
      }
      expect(step.trials.map(({ number }) => number)).toContain(0);
      results.push(
        step.trials.map(({ number }) => ({
          trial: number,
          value: number === 0 ? Math.floor(step.share) : 0.5,
        })),
      );
    }
  });
});

describe('drawn trials', () => {
  test('lie within their ranges, take every learner in turn, and carry the defaults', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), (seed) => {
        const trials = drawTrials(plan, seed);
        expect(trials.map(({ number }) => number)).toEqual(Array.from({ length: 18 }, (_, i) => i));
        for (const { number, learner, params } of trials) {
          expect(learner).toBe(['gradient_boosting', 'random_forest', 'logistic_regression'][number % 3]);
          if (learner === 'gradient_boosting') {
            const { learningRate, leaves, minSamplesLeaf, bins, trees } = params;
            expect(Number(learningRate)).toBeGreaterThanOrEqual(0.02);
            expect(Number(learningRate)).toBeLessThanOrEqual(0.3);
            expect(Number.isInteger(leaves) && Number(leaves) >= 4 && Number(leaves) <= 64).toBe(true);
            expect([5, 6, 7, 8]).toContain(minSamplesLeaf);
            expect([bins, trees]).toEqual([255, 50]);
          }
          if (learner === 'random_forest') expect([4, 8, 12]).toContain(params['maxDepth']);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('are a function of the seed, and the first ones do not change when there are more', () => {
    expect(drawTrials(plan, 7)).toEqual(drawTrials(plan, 7));
    expect(drawTrials(plan, 8)).not.toEqual(drawTrials(plan, 7));
    expect(drawTrials({ ...plan, trials: 40 }, 7).slice(0, 18)).toEqual(drawTrials(plan, 7));
  });

  test('reach both ends of a range, evenly over its logarithm', () => {
    const values = drawTrials({ ...plan, trials: 3_000 }, 1)
      .filter(({ learner }) => learner === 'logistic_regression')
      .map(({ params }) => Math.log10(Number(params['l2'])));
    const below = (limit: number) => values.filter((value) => value < limit).length / values.length;
    for (const limit of [-1, 0, 1]) expect(below(limit)).toBeCloseTo((limit + 2) / 4, 1);
    expect(
      new Set(drawTrials({ ...plan, trials: 300 }, 1).map(({ params }) => params['minSamplesLeaf'])),
    ).toEqual(new Set([5, 6, 7, 8, undefined, 1]));
  });

  test('are refused where the space does not fit the learner', () => {
    const wrong = searchPlanSchema.parse({ learners: { random_forest: { depth: 3 } } });
    expect(() => drawTrials(wrong, 0)).toThrow(/depth/);
    expect(searchPlanSchema.safeParse({ learners: {} }).success).toBe(false);
    expect(searchPlanSchema.safeParse({ learners: { svm: {} } }).success).toBe(false);
    const range = (from: number, to: number) =>
      searchPlanSchema.safeParse({ learners: { logistic_regression: { l2: { from, to, scale: 'log' } } } });
    expect([range(0, 1).success, range(2, 1).success, range(1, 2).success]).toEqual([false, false, true]);
  });
});

describe('successive halving', () => {
  test('keeps a third from rung to rung, with three times the rows, up to all', () => {
    const rungs = rungsOf(plan);
    expect(rungs.map(({ trials }) => trials)).toEqual([18, 6, 2]);
    [1 / 9, 1 / 3, 1].forEach((share, i) => expect(rungs[i]?.share).toBeCloseTo(share, 12));
    expect(search(plan, 1, (trial) => trial).counts).toEqual([18, 6, 2]);
  });

  test('ends with the trial that is always the best, whichever way the metric goes', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 18, maxLength: 18 }),
        (values) => {
          const best = values.indexOf(Math.max(...values));
          const least = values.indexOf(Math.min(...values));
          expect(search(plan, 3, (trial) => values[trial]!).step).toMatchObject({ trial: { number: best } });
          const loss = { ...plan, metric: 'logLoss' as const };
          expect(search(loss, 3, (trial) => values[trial]!).step).toMatchObject({ trial: { number: least } });
        },
      ),
    );
  });

  test('decides by the last rung, takes the first of equals, and passes over trials that failed', () => {
    const late = search(plan, 3, (trial, share) => (share === 1 ? -trial : trial));
    expect(late.step).toMatchObject({ kind: 'best', trial: { number: 16 } });
    expect(search(plan, 3, () => 0.5).step).toMatchObject({ trial: { number: 0 } });
    const failing = search(plan, 3, (trial) => (trial > 1 ? Number.NaN : trial));
    expect(failing).toMatchObject({ counts: [18, 2, 2], step: { trial: { number: 1 } } });
    expect(search(plan, 3, () => Number.NaN).step).toEqual({ kind: 'none' });
  });
});

test('the rows of a larger share include those of a smaller one, and keep the classes apart', () => {
  const { y } = makeRows(3_000);
  const third = rowsOfShare(y, 1 / 3, 5);
  const ninth = rowsOfShare(y, 1 / 9, 5);
  expect(new Set(third).size).toBe(third.length);
  expect([...ninth].every((row) => third.includes(row))).toBe(true);
  expect(third).toEqual(third.toSorted());
  const positives = y.reduce((sum, label) => sum + label, 0);
  expect(third.filter((row) => y[row] === 1)).toHaveLength(Math.ceil(positives / 3));
  expect(rowsOfShare(y, 1, 5)).toEqual(Uint32Array.from(y.keys()));
  expect(rowsOfShare(y, 1 / 3, 6)).not.toEqual(third);
});

test('a trial is measured on the validation rows, the same each time, and better with more rows', async () => {
  const data = { training: makeRows(6_000), validation: makeRows(9_000) };
  const [trial] = drawTrials(plan, 2);
  const run = async (share: number) =>
    (await runTrial(trial!, data, share, { rowSeed: 1, threads: 1 })).metrics;
  const few = await run(0.02);
  expect(await run(0.02)).toEqual(few);
  expect(few.rows).toBe(9_000);
  expect((await run(1)).aucRoc).toBeGreaterThan(few.aucRoc + 0.02);
});
