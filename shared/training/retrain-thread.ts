import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FitProgress } from './learner.ts';
import type { RetrainDone, RetrainJob } from './retrain-job.ts';
import { type ThreadDone, type ThreadInput, type ThreadJob, threadMessageSchema } from './thread-message.ts';

let last: Promise<unknown> = Promise.resolve();

/**
 * Does a job in a thread of its own, once those before it are done: a process trains one model at a time, so that it
 * has time for everything else.
 * @throws Error where the thread ends before it answers
 */
export async function runInThread(job: RetrainJob): Promise<RetrainDone> {
  const mine = last.then(async () => runAtOnce(job));
  // Whoever asked for this job has its error; the next one only waits for its end.
  last = mine.catch(() => undefined);
  const answer = await mine;
  if (answer.kind === 'rows') throw new Error('The thread of a retrain answered something else');
  return answer;
}

/**
 * Does a job in a thread of its own, whatever other threads there are.
 * @param options.signal ends the job at its next progress
 * @throws Error where the thread ends before it answers, the signal's reason where that was given
 */
export async function runAtOnce(
  job: ThreadJob,
  options: { readonly onProgress?: FitProgress; readonly signal?: AbortSignal | undefined } = {},
): Promise<ThreadDone> {
  const { onProgress, signal } = options;
  signal?.throwIfAborted();
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const onAbort = (): void => void Atomics.store(stop, 0, 1);
  signal?.addEventListener('abort', onAbort);
  try {
    const answer = await answerOf({ job, stop }, onProgress);
    signal?.throwIfAborted();
    return answer;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

async function answerOf(workerData: ThreadInput, onProgress: FitProgress | undefined): Promise<ThreadDone> {
  const script = new URL(`./retrain-worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(script, { workerData, name: 'retrain' });
  const { promise, resolve, reject } = Promise.withResolvers<ThreadDone>();
  worker.on('message', (value) => {
    const { success, data, error } = threadMessageSchema.safeParse(value);
    if (!success) reject(error);
    else if (data.kind === 'progress') onProgress?.(data.stage, data.done, data.total);
    else resolve(data);
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
