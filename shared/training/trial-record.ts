import type { RunTrial } from './run-record.ts';
import type { ThreadDone } from './thread-message.ts';

/** What goes on record of a trial of a rung, also where it failed. */
export function trialRecord(
  trial: Pick<RunTrial, 'learner' | 'params' | 'seed'> & { readonly number: number },
  rung: number,
  answer: ThreadDone,
): RunTrial {
  const { number, learner, params, seed } = trial;
  const found =
    answer.kind === 'trial'
      ? { seconds: answer.seconds, metrics: answer.metrics }
      : { seconds: 0, metrics: {}, error: answer.kind === 'refused' ? answer.message : 'It has no figures' };
  return { rung, trial: number, learner, params, seed, ...found };
}
