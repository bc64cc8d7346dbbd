import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/** Hears one message of a thread; calls `finish` with the result once it is known. */
export type ReceiveMessage<T> = (message: unknown, finish: (result: T) => void) => void;

/**
 * Starts one worker thread for each job, and waits for the result or for the first error of any of them. The threads
 * are gone when the promise settles.
 */
export async function runFitThreads<T>(jobs: readonly object[], receive: ReceiveMessage<T>): Promise<T> {
  const script = new URL(`./fit-worker${extname(import.meta.url)}`, import.meta.url);
  const workers = jobs.map((workerData, thread) => new Worker(script, { workerData, name: `fit ${thread}` }));
  try {
    return await resultOf(workers, receive);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

async function resultOf<T>(workers: readonly Worker[], receive: ReceiveMessage<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  for (const worker of workers) {
    worker.on('message', (value) => {
      try {
        receive(value, resolve);
      } catch (error) {
        // The messages that still come are nobody's any more.
        worker.removeAllListeners('message');
        reject(error);
      }
    });
    worker.on('error', reject);
    // A thread may end before the result is complete; only an end by force is an error.
    worker.on('exit', (code) => {
      if (code !== 0) reject(new Error(`A worker thread of the fit ended with code ${code}.`));
    });
  }
  return promise;
}
