import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { RetrainDone, RetrainJob } from './retrain-job.ts';
import { retrainDoneSchema } from './retrain-job.ts';

let last: Promise<unknown> = Promise.resolve();

/**
 * Does a job in a thread of its own, once those before it are done: a process trains one model at a time, so that it
 * has time for everything else.
 * @throws Error where the thread ends before it answers
 */
export async function runInThread(job: RetrainJob): Promise<RetrainDone> {
  const mine = last.then(async () => answerOf(job));
  // Whoever asked for this job has its error; the next one only waits for its end.
  last = mine.catch(() => undefined);
  return mine;
}

async function answerOf(workerData: RetrainJob): Promise<RetrainDone> {
  const script = new URL(`./retrain-worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(script, { workerData, name: 'retrain' });
  const { promise, resolve, reject } = Promise.withResolvers<RetrainDone>();
  worker.on('message', (value) => {
    const parsed = retrainDoneSchema.safeParse(value);
    if (parsed.success) resolve(parsed.data);
    else reject(parsed.error);
  });
  worker.on('error', reject);
  const ended = Promise.withResolvers<void>();
  worker.on('exit', (code) => {
    reject(new Error(`The thread of a retrain ended with code ${code}`));
    ended.resolve();
  });
  try {
    return await promise;
  } finally {
    // It ends by itself: to end a thread that has used onnxruntime from outside may take the process along.
    await ended.promise;
  }
}
