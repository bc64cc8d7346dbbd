import { describe, expect, it } from 'vitest';
import type { RetryOptions, RpcRetryContext } from '../../../../local/host/core-types.ts';
import { retryDelay, withRetries } from '../../../../local/host/retry.ts';

const fixed: RetryOptions = { retryStrategy: 'fixedDelay', maxRetryCount: 3, delayInterval: { seconds: 0 } };
const never = new AbortController().signal;

describe('a retry policy', () => {
  it('waits a fixed time', () => {
    expect(retryDelay({ ...fixed, delayInterval: { seconds: 7 } }, 1, 0.5)).toBe(7_000);
    expect(retryDelay({ ...fixed, delayInterval: { seconds: 7 } }, 9, 0.5)).toBe(7_000);
  });

  it('backs off exponentially between its bounds', () => {
    const options: RetryOptions = {
      retryStrategy: 'exponentialBackoff',
      maxRetryCount: -1,
      minimumInterval: { seconds: 2 },
      maximumInterval: { seconds: 60 },
    };
    const delays = [1, 2, 3, 4, 5, 6, 50].map((retry) => retryDelay(options, retry, 0.5));
    expect(delays).toEqual([2_000, 4_000, 6_000, 10_000, 18_000, 34_000, 60_000]);
    expect(retryDelay(options, 3, 0)).toBeCloseTo(5_200, 6);
    expect(retryDelay(options, 3, 1)).toBeCloseTo(6_800, 6);
  });

  it('gives each retry the number and the error of the attempt before', async () => {
    const seen: (RpcRetryContext | undefined)[] = [];
    const result = await withRetries(
      fixed,
      async (context) => {
        seen.push(context);
        if (seen.length < 3) throw new Error(`attempt ${String(seen.length)}`);
        return Promise.resolve('done');
      },
      never,
      () => 0,
    );
    expect(result).toBe('done');
    expect(seen[0]).toBeUndefined();
    expect(seen.slice(1)).toMatchObject([
      { retryCount: 1, maxRetryCount: 3, exception: { message: 'attempt 1' } },
      { retryCount: 2, maxRetryCount: 3, exception: { message: 'attempt 2' } },
    ]);
  });

  it.each([
    [undefined, 1],
    [{ ...fixed, maxRetryCount: 0 }, 1],
    [fixed, 4],
  ])('ends with the last error after its last attempt', async (options, attempts) => {
    let count = 0;
    const run = withRetries(
      options,
      async () => Promise.reject(new Error(`attempt ${String(++count)}`)),
      never,
      () => 0,
    );
    await expect(run).rejects.toThrow(`attempt ${String(attempts)}`);
    expect(count).toBe(attempts);
  });

  it('goes on without end for -1, until the host ends; a pause then ends early', async () => {
    const ending = new AbortController();
    const options = { ...fixed, maxRetryCount: -1, delayInterval: { seconds: 0 } };
    let count = 0;
    const endless = withRetries(
      options,
      async () => {
        if (++count === 20) ending.abort();
        return Promise.reject(new Error('again'));
      },
      ending.signal,
      () => 0,
    );
    await expect(endless).rejects.toThrow('again');
    expect(count).toBe(20);

    const pausing = new AbortController();
    const paused = withRetries(
      { ...fixed, delayInterval: { seconds: 3_600 } },
      async () => {
        setImmediate(() => pausing.abort());
        return Promise.reject(new Error('last'));
      },
      pausing.signal,
      () => 0,
    );
    await expect(paused).rejects.toThrow('last');
  });
});
