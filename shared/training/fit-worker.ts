import { parentPort, workerData } from 'node:worker_threads';
import { boost } from './boost.ts';
import { fitJobSchema } from './fit-job.ts';
import type { FitMessage } from './fit-message.ts';

// One thread of a fit; `fitGradientBoosting` starts as many as there are. All compute the same, the first one reports.
const job = fitJobSchema.parse(workerData);
const report = (message: FitMessage): void => {
  if (job.thread === 0) parentPort?.postMessage(message, []);
};
const result = boost(job, (trees, validationLoss) => report({ kind: 'progress', trees, validationLoss }));
report({ kind: 'done', ...result });
