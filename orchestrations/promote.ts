import * as df from 'durable-functions';
import { theApp } from '../shared/app.ts';
import { checkPromotion, checkResultSchema, promotionRefSchema } from '../shared/promotion/check.ts';
import { PROMOTE, PROMOTION_CHECK, WAKE } from '../shared/promotion/parts.ts';

/** A turn replays the whole history, so it is begun afresh after so many checks. */
const MAX_CHECKS = 200;
/** Until the next look where one did not succeed, in milliseconds: what is down then may be up again. */
const AFTER_FAILURE_MS = 10_000;
/** Four attempts within half a minute; the first pause in milliseconds. */
const RETRY = new df.RetryOptions(2_000, 4);
RETRY.backoffCoefficient = 2;

/**
 * Looks at a promotion again and again until it is over. All it does is wait: what happened and what is to be done is in
 * the promotion's document, so that an event that is lost, such as one that arrives while it continues as new, costs no
 * more than the time to the next look. An outage does not end it: meanwhile the claim's end takes the traffic back.
 *
 * Instances of a version go on with the code of that version: whoever changes the order of the tasks raises
 * `durableTask.defaultVersion` in host.json and branches on `context.df.version`.
 */
export function* promote(context: df.OrchestrationContext): Generator<df.Task, unknown, unknown> {
  const input = promotionRefSchema.parse(context.df.getInput());
  for (let checks = 0; checks < MAX_CHECKS; checks += 1) {
    let afterMs = AFTER_FAILURE_MS;
    try {
      const result = checkResultSchema.parse(
        yield context.df.callActivityWithRetry(PROMOTION_CHECK, RETRY, input),
      );
      // One that is null could not be told from one that was never set.
      if (result.status !== null) context.df.setCustomStatus(result.status);
      if (result.done) return result.status;
      afterMs = result.afterMs;
    } catch (error) {
      if (!context.df.isReplaying) context.warn(`A check of promotion ${input.promotionId} failed:`, error);
    }
    const due = context.df.currentUtcDateTime.getTime() + afterMs;
    const timer = context.df.createTimer(new Date(due));
    // Both afresh each time: a task that is yielded again is sent again.
    yield context.df.Task.any([timer, context.df.waitForExternalEvent(WAKE)]);
    if (!timer.isCompleted) timer.cancel();
  }
  context.df.continueAsNew(input);
  return undefined;
}

df.app.orchestration(PROMOTE, promote);

df.app.activity(PROMOTION_CHECK, {
  handler: async (input: unknown) => {
    const { promotions } = await theApp();
    return checkPromotion(promotions, promotionRefSchema.parse(input));
  },
});
