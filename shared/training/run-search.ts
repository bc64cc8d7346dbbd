import type { ModelDefinition } from '../features/definition.ts';
import type { RunRow } from './run-record.ts';
import { drawTrials, nextStep } from './search.ts';
import { type SearchPlan, searchPlanSchema } from './search-plan.ts';

/** The definition's search; without one a single trial of the learner that it names. */
export function planOf({ search, learner }: Pick<ModelDefinition, 'search' | 'learner'>): SearchPlan {
  if (search !== undefined) return search;
  const name = learner?.learner ?? 'gradient_boosting';
  return searchPlanSchema.parse({ trials: 1, rungs: 1, learners: { [name]: learner?.params ?? {} } });
}

/**
 * Where a search is: a function of the definition and of the results on record. The folder's own learner takes part.
 */
export function searchOf(
  definition: Pick<ModelDefinition, 'search' | 'learner'>,
  row: Pick<RunRow, 'seed' | 'trials'>,
) {
  const plan = planOf(definition);
  const trials = drawTrials(plan, row.seed, definition.learner);
  const finished = [];
  for (;;) {
    const next = nextStep(plan, trials, finished);
    if (next.kind !== 'rung') return { next, trials };
    const results = row.trials
      .filter(({ rung }) => rung === next.rung)
      .map(({ trial, metrics }) => ({ trial, value: metrics[plan.metric] ?? Number.NaN }));
    if (results.length < next.trials.length) return { next, trials };
    finished.push(results);
  }
}
