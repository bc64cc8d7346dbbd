import { describe, expect, it } from 'vitest';
import { bestAccepted } from '../../../shared/training/best-accepted.ts';
import type { Trial } from '../../../shared/training/search.ts';

const trials = (['random_forest', 'gradient_boosting', 'logistic_regression'] as const).map(
  (learner, number): Trial => ({ number, learner, params: {}, seed: number }),
);

/** Versions whose gates say this of each trial, and which of them were made. */
async function accepted(verdicts: readonly ('pass' | 'fail' | 'inconclusive')[]) {
  const made: number[] = [];
  const best = await bestAccepted(trials.slice(0, verdicts.length), async ({ number }) => {
    made.push(number);
    const gates = [
      { gate: 'champion-aucRoc', verdict: verdicts[number]!, reason: `reason ${number}`, numbers: {} },
    ];
    return Promise.resolve({ gates });
  });
  return { made, trial: best.trial.number, ...best.verdict };
}

describe('of the last trials of a search', () => {
  it('the best is taken where its gates accept it, and no other is made', async () => {
    expect(await accepted(['pass', 'pass'])).toEqual({ made: [0], trial: 0, state: 'registered' });
    expect(await accepted(['inconclusive', 'pass'])).toMatchObject({ made: [0], trial: 0 });
  });

  it('the next one is taken where the best is refused, and its reason says so', async () => {
    expect(await accepted(['fail', 'fail', 'inconclusive'])).toEqual({
      made: [0, 1, 2],
      trial: 2,
      state: 'registered',
      reason:
        'trial 0 (random_forest), which the search found better, was refused: champion-aucRoc: reason 0; ' +
        'trial 1 (gradient_boosting), which the search found better, was refused: champion-aucRoc: reason 1; ' +
        'inconclusive: champion-aucRoc: reason 2',
    });
  });

  it('the best is what was refused where all are', async () => {
    expect(await accepted(['fail', 'fail'])).toMatchObject({ made: [0, 1], trial: 0, state: 'rejected' });
    await expect(bestAccepted([], async () => Promise.reject(new Error('never')))).rejects.toThrow(
      RangeError,
    );
  });
});
