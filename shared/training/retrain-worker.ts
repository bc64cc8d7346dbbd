import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../failure.ts';
import type { RetrainDone } from './retrain-job.ts';
import { retrainJobSchema } from './retrain-job.ts';
import { runRetrainJob } from './run-retrain-job.ts';

// The thread of one job: reading the rows and measuring would hold up whoever is to be answered.
const done: RetrainDone = await runRetrainJob(retrainJobSchema.parse(workerData)).catch((error: unknown) => ({
  kind: 'refused' as const,
  message: messageOf(error),
}));
parentPort?.postMessage(done, []);
