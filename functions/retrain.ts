import { app, type InvocationContext, type Timer } from '@azure/functions';
import * as df from 'durable-functions';
import { z } from 'zod';
import { theApp } from '../shared/app.ts';
import { Failure } from '../shared/failure.ts';
import { readPaging } from '../shared/http/paging.ts';
import { readBody } from '../shared/http/read-body.ts';
import { promoteRun } from '../shared/training/promote-run.ts';
import { RETRAIN_GIVE_UP, RETRAIN_STEP, RETRAIN_TRIAL } from '../shared/training/retrain-names.ts';
import { advanceRun, giveUpRun, runTrialOf } from '../shared/training/retrain.ts';
import type { RetrainParts } from '../shared/training/retrain-parts.ts';
import { runIdSchema } from '../shared/training/run-record.ts';
import { listRuns, readRun, retrainSchema, runRefSchema, startRun } from '../shared/training/runs.ts';
import { durableRoute, httpRoute } from './http-route.ts';
import { clientInput, orchestrationsOf } from './promotion-client.ts';
import { runsOf } from './retrain-client.ts';

async function partsOf(context: InvocationContext): Promise<RetrainParts> {
  const { retraining, promotions, settings } = await theApp();
  const promote = promoteRun(promotions, orchestrationsOf(context), settings.retrainPlan);
  return { ...retraining, promote };
}

durableRoute('retrain-start', 'POST', 'api/models/{model}/retrain', async (request, context) => {
  const { retraining } = await theApp();
  const model = request.params['model'] ?? '';
  const { reason } = await readBody(request, retrainSchema);
  const { runId } = await startRun(retraining, runsOf(context), model, { reason, trigger: 'request' });
  const statusUrl = new URL(`/api/models/${model}/runs/${runId}`, request.url).href;
  return { status: 202, headers: { location: statusUrl }, jsonBody: { runId, statusUrl } };
});

httpRoute('retrain-runs', 'GET', 'api/models/{model}/runs', async (request) => {
  const { limit, after } = readPaging(request, runIdSchema);
  const { retraining } = await theApp();
  return { jsonBody: await listRuns(retraining, request.params['model'] ?? '', limit, after) };
});

httpRoute('retrain-run', 'GET', 'api/models/{model}/runs/{runId}', async ({ params }) => ({
  jsonBody: await readRun((await theApp()).retraining, params['model'] ?? '', params['runId'] ?? ''),
}));

/** Retrains every model; one that cannot be retrained now does not keep the others from it. */
async function retrainAll(_timer: Timer, context: InvocationContext): Promise<void> {
  const { retraining, modelNames } = await theApp();
  for (const model of await modelNames()) {
    try {
      // In sequence: they are trained one after the other anyway
      await startRun(retraining, runsOf(context), model, { reason: 'schedule', trigger: 'schedule' });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      context.warn(`'${model}' is not retrained:`, error.message);
    }
  }
}

app.timer('retrain-schedule', {
  schedule: '%RETRAIN_SCHEDULE%',
  extraInputs: [clientInput],
  handler: retrainAll,
});

df.app.activity(RETRAIN_STEP, {
  extraInputs: [clientInput],
  handler: async (input: unknown, context: InvocationContext) =>
    advanceRun(await partsOf(context), runRefSchema.parse(input)),
});

const trialRefSchema = runRefSchema.extend({ rung: z.int(), trial: z.int() });
df.app.activity(RETRAIN_TRIAL, {
  extraInputs: [clientInput],
  handler: async (input: unknown, context: InvocationContext) => {
    const ref = trialRefSchema.parse(input);
    await runTrialOf(await partsOf(context), ref, ref);
  },
});

const giveUpSchema = runRefSchema.extend({ error: z.string() });
df.app.activity(RETRAIN_GIVE_UP, {
  extraInputs: [clientInput],
  handler: async (input: unknown, context: InvocationContext) => {
    const { error, ...ref } = giveUpSchema.parse(input);
    await giveUpRun(await partsOf(context), ref, error);
  },
});
