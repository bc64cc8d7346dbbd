import type { LearnerName, LearnerParams } from './learner.ts';
import { learnerOf } from './learners.ts';
import { createRandom, seedOf, shuffle } from './random.ts';
import { isBetter, rungsOf } from './search-plan.ts';
import type { SearchMetric, SearchPlan } from './search-plan.ts';
import { drawParams, learnersOf } from './search-space.ts';

/** One setting that a search tries. */
export interface Trial {
  /** From 0; of trials that are equally good the first wins. */
  readonly number: number;
  readonly learner: LearnerName;
  /** All of the learner's parameters, those left to their defaults too. */
  readonly params: LearnerParams;
  readonly seed: number;
  /** Takes part in every rung: the model folder's own setting, which the others have to beat on all rows. */
  readonly isOwn?: boolean;
}

/** What became of a trial in one rung. */
export interface TrialResult {
  readonly trial: number;
  /** The metric that selects; NaN where the trial failed. */
  readonly value: number;
}

/** What a search does next. */
export type SearchStep =
  | {
      readonly kind: 'rung';
      /** From 0. */
      readonly rung: number;
      readonly trials: readonly Trial[];
      /** Share of the training rows that they are fitted on. */
      readonly share: number;
    }
  | {
      readonly kind: 'best';
      readonly trial: Trial;
      readonly value: number;
      /** The others of the last rung, the best first. */
      readonly runnersUp: readonly Trial[];
    }
  /** No trial of a rung had a value. */
  | { readonly kind: 'none' };

/**
 * Random search (Bergstra and Bengio, 2012): draws the trials from the plan's spaces, the learners in turn. A function
 * of its arguments; trial n is the same in a plan with more trials.
 * @param own the setting that the model folder names, which is the first trial
 * @throws {z.ZodError} where a space draws what its learner refuses
 */
export function drawTrials(
  plan: SearchPlan,
  seed: number,
  own?: { readonly learner: LearnerName; readonly params: object },
): Trial[] {
  const learners = learnersOf(plan.learners);
  return Array.from({ length: plan.trials }, (_, number) => {
    const learner = learners[number % learners.length]!;
    const trialSeed = seedOf(seed, number);
    if (number === 0 && own !== undefined) {
      const ownParams = learnerOf(own.learner).parseParams(own.params);
      return { number, learner: own.learner, params: ownParams, seed: trialSeed, isOwn: true };
    }
    const params = drawParams(plan.learners, learner, createRandom(trialSeed));
    return { number, learner, params: learnerOf(learner).parseParams(params), seed: trialSeed };
  });
}

/**
 * What comes after the rungs whose results are there: the next rung with the best trials of the last one and the model
 * folder's own, or the best of all at the end. A function of its arguments: an orchestration that is replayed gets the same.
 * @param results for each finished rung what became of its trials, in any order
 */
export function nextStep(
  plan: SearchPlan,
  trials: readonly Trial[],
  results: readonly (readonly TrialResult[])[],
): SearchStep {
  const rungs = rungsOf(plan);
  const last = results.at(-1);
  const next = rungs[results.length];
  if (last === undefined) return { kind: 'rung', rung: 0, trials, share: next!.share };
  const ranked = rank(plan.metric, last).flatMap(({ trial, value }) => {
    const found = trials.find(({ number }) => number === trial);
    return found === undefined ? [] : [{ trial: found, value }];
  });
  const [best] = ranked;
  if (best === undefined) return { kind: 'none' };
  if (next === undefined)
    return { kind: 'best', ...best, runnersUp: ranked.slice(1).map(({ trial }) => trial) };
  const staying = ranked.flatMap(({ trial }, place) =>
    place < next.trials || trial.isOwn === true ? [trial] : [],
  );
  return { kind: 'rung', rung: results.length, trials: staying, share: next.share };
}

/** The results that have a value, the best first, among equals that of the lowest trial. */
export function rank(metric: SearchMetric, results: readonly TrialResult[]): TrialResult[] {
  return results
    .filter(({ value }) => !Number.isNaN(value))
    .toSorted((a, b) => {
      if (isBetter(metric, a.value, b.value)) return -1;
      return isBetter(metric, b.value, a.value) ? 1 : a.trial - b.trial;
    });
}

/**
 * The rows of a rung: of each class the share, rounded up, chosen by chance. A larger share has the rows of a smaller
 * one and more; 1 has all.
 * @returns row numbers, ascending
 */
export function rowsOfShare(y: Uint8Array, share: number, seed: number): Uint32Array {
  const random = createRandom(seed);
  const chosen: number[] = [];
  for (const label of [0, 1]) {
    const rows = Uint32Array.from(Array.from(y.keys()).filter((row) => y[row] === label));
    shuffle(rows, random);
    for (const row of rows.subarray(0, Math.ceil(share * rows.length))) chosen.push(row);
  }
  return Uint32Array.from(chosen).toSorted();
}
