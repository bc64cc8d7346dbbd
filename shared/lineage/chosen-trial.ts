import type { z } from 'zod';
import type { VersionRow } from '../registry/rows.ts';
import { type RunTrial, runTrialSchema } from '../training/run-record.ts';

/** The trial that a search has chosen; its learner and its parameters are the version's. */
export const chosenTrialSchema = runTrialSchema.omit({ error: true });
export type ChosenTrial = z.infer<typeof chosenTrialSchema>;

/**
 * The trial that a version was made of: a search's trials each have a seed of their own, and its result has gone through
 * the last rung.
 */
export function chosenTrial(
  trials: readonly RunTrial[],
  { learner, seed }: Pick<VersionRow, 'learner' | 'seed'>,
): ChosenTrial | undefined {
  const own = trials.filter(
    (trial) => trial.learner === learner && trial.seed === seed && trial.error === undefined,
  );
  const last = own.toSorted((one, other) => other.rung - one.rung)[0];
  return last && chosenTrialSchema.parse(last);
}
