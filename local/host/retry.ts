import { setTimeout as sleep } from 'node:timers/promises';
import type { RetryOptions, RpcRetryContext } from './core-types.ts';

/**
 * The pause before a retry, in milliseconds. Exponential back-off is that of the WebJobs SDK's
 * RandomizedExponentialBackoffStrategy: the minimum, then the minimum plus 1, 2, 4, … times itself, each spread by a
 * fifth to both sides so that many workers do not retry together, and never more than the maximum.
 * @param retry 1 for the first retry
 * @param random 0 to 1
 */
export function retryDelay(options: RetryOptions, retry: number, random: number): number {
  if (options.retryStrategy === 'fixedDelay') return (options.delayInterval?.seconds ?? 0) * 1_000;
  const minimum = (options.minimumInterval?.seconds ?? 0) * 1_000;
  const maximum = (options.maximumInterval?.seconds ?? 0) * 1_000;
  const increment = retry < 2 ? 0 : 2 ** (retry - 2) * minimum * (0.8 + 0.4 * random);
  return Math.min(maximum, minimum + increment);
}

/**
 * Runs an invocation until it succeeds or its function's retry policy is used up. Pauses end early, without a
 * further attempt, when the signal is aborted.
 * @param attempt is given the retry context from the first retry on
 * @throws the last attempt's error
 */
export async function withRetries<Result>(
  options: RetryOptions | undefined,
  attempt: (retryContext: RpcRetryContext | undefined) => Promise<Result>,
  signal: AbortSignal,
  random: () => number,
): Promise<Result> {
  let retryContext: RpcRetryContext | undefined;
  for (let retry = 1; ; retry++) {
    try {
      return await attempt(retryContext);
    } catch (error) {
      const spent = options === undefined || (options.maxRetryCount >= 0 && retry > options.maxRetryCount);
      if (spent || signal.aborted) throw error;
      retryContext = {
        retryCount: retry,
        maxRetryCount: options.maxRetryCount,
        exception: {
          message: error instanceof Error ? error.message : String(error),
          stackTrace: error instanceof Error ? (error.stack ?? '') : '',
          source: '',
        },
      };
      await pause(retryDelay(options, retry, random()), signal);
      if (signal.aborted) throw error;
    }
  }
}

/** Waits, but not beyond the abortion of the signal. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    // An aborted pause is over, that is all.
    if (!signal.aborted) throw error;
  }
}
