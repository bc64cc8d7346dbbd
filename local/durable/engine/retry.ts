import type { DecisionContext } from './decision-context.ts';
import { Task } from './task.ts';

/** How often and when a failed call is made again. Times in milliseconds. */
export interface RetryPolicy {
  readonly firstRetryInterval: number;
  readonly maxNumberOfAttempts: number;
  readonly backoffCoefficient: number;
  readonly maxRetryInterval: number;
  /** From the first attempt; no attempt is made after it. */
  readonly retryTimeout: number;
}

/**
 * Calls until a call succeeds or no attempt is left. Between two calls a timer is created, and after the last attempt
 * one that fires at once: the framework keeps it for the sake of old histories. Facts: Azure/durabletask,
 * `RetryInterceptor.cs`.
 */
export function withRetry(context: DecisionContext, policy: RetryPolicy, call: () => Task): Task {
  const result = new Task();
  const started = context.now;
  const attempt = (number: number): void => {
    if (number >= policy.maxNumberOfAttempts) {
      // Only a policy of no attempts at all comes here.
      result.settle({ ok: true, value: null });
      return;
    }
    call().onSettled((outcome) => {
      if (outcome.ok || outcome.problem.isNonRetriable) {
        result.settle(outcome);
        return;
      }
      if (number + 1 === policy.maxNumberOfAttempts) {
        context.createTimer(context.now).task.onSettled(() => {
          result.settle(outcome);
        });
        return;
      }
      const delay = nextDelay(policy, number, context.now - started);
      if (delay === 0) {
        result.settle(outcome);
        return;
      }
      context.createTimer(context.now + delay).task.onSettled(() => {
        attempt(number + 1);
      });
    });
  };
  attempt(0);
  return result;
}

/** @returns milliseconds; 0: no further attempt */
function nextDelay(policy: RetryPolicy, attempt: number, elapsed: number): number {
  if (elapsed >= policy.retryTimeout) return 0;
  const delay = policy.firstRetryInterval * policy.backoffCoefficient ** attempt;
  return Math.min(delay, policy.maxRetryInterval);
}
