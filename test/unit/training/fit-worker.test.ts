import type { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { boostingParamsSchema } from '../../../shared/training/boosting-params.ts';
import { fitGradientBoosting } from '../../../shared/training/gradient-boosting.ts';
import { makeRows } from './made-rows.ts';

const params = boostingParamsSchema.parse({});
const made = makeRows(2_000);

describe('the threads of a fit', () => {
  test('leave the event loop free', async () => {
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 1);
    const seen: number[] = [];
    await fitGradientBoosting(makeRows(20_000), undefined, params, () => seen.push(turns));
    clearInterval(turning);
    expect(seen).toHaveLength(100);
    expect(new Set(seen).size).toBeGreaterThan(3);
  });

  const endless = { ...params, trees: 10_000, leaves: 200, threads: 3 };

  test('are gone when a listener to the progress throws', async () => {
    const started = collectWorkers();
    let calls = 0;
    const fit = fitGradientBoosting(made, undefined, endless, () => {
      calls += 1;
      // Holds this thread up until the messages about more trees wait for it.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      throw new Error('enough');
    });
    await expect(fit).rejects.toThrow('enough');
    expect(calls).toBe(1);
    expect(started.stop().map(({ threadId }) => threadId)).toEqual([-1, -1, -1]);
  });

  test('are gone, and the fit fails, when one of them ends by force while the others wait for it', async () => {
    const started = collectWorkers();
    const fit = fitGradientBoosting(made, undefined, endless, (done) => {
      if (done === 3) void started.workers[1]?.terminate();
    });
    await expect(fit).rejects.toThrow('ended with code 1');
    expect(started.stop().map(({ threadId }) => threadId)).toEqual([-1, -1, -1]);
  });

  test('are gone when all is well', async () => {
    const started = collectWorkers();
    await fitGradientBoosting(made, undefined, { ...params, trees: 2 });
    expect(started.stop().map(({ threadId }) => threadId)).toEqual([-1, -1]);
  });
});

/** Collects the worker threads that start from now on; a thread that has ended has the id -1. */
function collectWorkers(): { workers: Worker[]; stop: () => Worker[] } {
  const workers: Worker[] = [];
  const collect = (worker: Worker): void => {
    workers.push(worker);
  };
  process.on('worker', collect);
  const stop = (): Worker[] => {
    process.off('worker', collect);
    return workers;
  };
  return { workers, stop };
}
