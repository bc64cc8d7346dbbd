import * as df from 'durable-functions';
import { messageOf } from '../shared/failure.ts';
import { RETRAIN, RETRAIN_GIVE_UP, RETRAIN_STEP, RETRAIN_TRIAL } from '../shared/training/retrain-names.ts';
import { retrainNextSchema } from '../shared/training/retrain.ts';
import { runRefSchema } from '../shared/training/runs.ts';

/** Six attempts within some minutes; the first pause in milliseconds. */
const RETRY = new df.RetryOptions(2_000, 6);
RETRY.backoffCoefficient = 3;

/**
 * Takes a run's steps one after the other until it is over. What happened is in the run's document, which says what is
 * next; the trials of a search fan out, few at a time.
 *
 * Instances of a version go on with the code of that version: whoever changes the order of the tasks raises
 * `durableTask.defaultVersion` in host.json and branches on `context.df.version`.
 */
export function* retrain(context: df.OrchestrationContext): Generator<df.Task, void, unknown> {
  const input = runRefSchema.parse(context.df.getInput());
  try {
    for (;;) {
      const { done, trials } = retrainNextSchema.parse(
        yield context.df.callActivityWithRetry(RETRAIN_STEP, RETRY, input),
      );
      if (done) return;
      if (trials.length === 0) continue;
      const fits = trials.map((trial) =>
        context.df.callActivityWithRetry(RETRAIN_TRIAL, RETRY, { ...input, ...trial }),
      );
      yield context.df.Task.all(fits);
    }
  } catch (error) {
    yield context.df.callActivityWithRetry(RETRAIN_GIVE_UP, RETRY, { ...input, error: messageOf(error) });
  }
}

df.app.orchestration(RETRAIN, retrain);
