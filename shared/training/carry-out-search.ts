import type { ModelDefinition } from '../features/definition.ts';
import type { RunTrial } from './run-record.ts';
import { searchOf } from './run-search.ts';
import type { SearchStep, Trial } from './search.ts';

export type RungStep = Extract<SearchStep, { kind: 'rung' }>;

/** What a search needs of whoever carries it out. */
export interface SearchWork {
  /** Hears of a rung before its first fit. */
  readonly onRung: (rung: RungStep) => void;
  /** Fits one trial of a rung. @param waiting trials of the rung that nobody has begun with, this one among them */
  readonly fit: (trial: Trial, rung: RungStep, waiting: number) => Promise<RunTrial>;
}

/**
 * Carries out a definition's search in one go, as an orchestration does step by step: what comes next depends on the
 * definition, the seed and the results alone, not on the order in which fits end.
 * @param slots trials that are fitted at the same time
 * @throws whatever `fit` throws, once no fit is under way any more
 */
export async function carryOutSearch(
  definition: ModelDefinition,
  seed: number,
  slots: number,
  work: SearchWork,
): Promise<{ readonly trials: RunTrial[]; readonly end: Exclude<SearchStep, RungStep> }> {
  const trials: RunTrial[] = [];
  for (;;) {
    const { next } = searchOf(definition, { seed, trials });
    if (next.kind !== 'rung') return { trials, end: next };
    work.onRung(next);
    trials.push(...(await fitAll(next, slots, work)));
  }
}

async function fitAll(rung: RungStep, slots: number, { fit }: SearchWork): Promise<RunTrial[]> {
  const waiting = [...rung.trials];
  const results: RunTrial[] = [];
  const slot = async (): Promise<void> => {
    for (let trial = waiting.shift(); trial !== undefined; trial = waiting.shift()) {
      try {
        results.push(await fit(trial, rung, waiting.length + 1));
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(slots, waiting.length) }, slot));
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return results.toSorted((a, b) => a.trial - b.trial);
}
