import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { boost } from './boost.ts';
import { fitJobSchema } from './fit-job.ts';
import type { FitMessage } from './fit-message.ts';
import { forestJobSchema, growForest } from './forest-job.ts';
import { linearJobSchema, maximiseLikelihood } from './linear-job.ts';

// One thread of a fit.
const job = z.discriminatedUnion('kind', [fitJobSchema, forestJobSchema, linearJobSchema]).parse(workerData);
const report = (message: FitMessage): void => parentPort?.postMessage(message, []);

switch (job.kind) {
  case 'boosting': {
    // All threads compute the same, the first one reports.
    const isFirst = job.thread === 0;
    const result = boost(job, (trees, validationLoss) => {
      if (isFirst) report({ kind: 'progress', trees, validationLoss });
    });
    if (isFirst) report({ kind: 'done', ...result });
    break;
  }
  case 'forest':
    growForest(job, (index, tree) => report({ kind: 'tree', index, tree }));
    break;
  case 'linear':
    report({ kind: 'linear', ...maximiseLikelihood(job) });
    break;
}
