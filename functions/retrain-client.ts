import type { InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { RETRAIN } from '../shared/training/retrain-names.ts';
import type { RunOrchestrations } from '../shared/training/runs.ts';
import { statusOf, traceNow } from './promotion-client.ts';

/** The orchestrations of retrains, through the function's own client. */
export function runsOf(context: InvocationContext): RunOrchestrations {
  return {
    start: async (input) => {
      const traced = { ...input, ...(await traceNow()) };
      await df.getClient(context).startNew(RETRAIN, { instanceId: input.runId, input: traced });
    },
    status: async (runId) => statusOf(context, runId),
  };
}
