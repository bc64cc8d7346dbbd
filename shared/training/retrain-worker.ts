import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../failure.ts';
import { runRetrainJob, runSearchJob } from './run-retrain-job.ts';
import { type ThreadDone, type ThreadMessage, threadInputSchema } from './thread-message.ts';

const tell = (message: ThreadMessage): void => parentPort?.postMessage(message, []);

const { job, stop } = threadInputSchema.parse(workerData);
const onProgress = (stage: string, done: number, total: number): void => {
  if (stop !== undefined && Atomics.load(stop, 0) !== 0) throw new Error('It was stopped');
  tell({ kind: 'progress', stage, done, total });
};

// The thread of one job: reading the rows and measuring would hold up whoever is to be answered.
const work: Promise<ThreadDone> =
  job.kind === 'rows' || job.kind === 'fit' ? runSearchJob(job, onProgress) : runRetrainJob(job, onProgress);
tell(await work.catch((error: unknown) => ({ kind: 'refused' as const, message: messageOf(error) })));
