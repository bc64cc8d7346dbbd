import { app, type InvocationContext, type Timer } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { carryOut, type CarryOutParts } from '../shared/drift/carry-out.ts';
import { checkDrift } from '../shared/drift/check.ts';
import { type DriftWindow, driftWindowSchema, reportIdSchema } from '../shared/drift/check-window.ts';
import { latestReport, listReports } from '../shared/drift/read-reports.ts';
import type { DriftReport } from '../shared/drift/report.ts';
import { hourOf } from '../shared/events/log-layout.ts';
import { tellOfDrift } from '../shared/drift/tell-telemetry.ts';
import { Failure } from '../shared/failure.ts';
import { acceptsHtml } from '../shared/http/accepts-html.ts';
import { readPaging } from '../shared/http/paging.ts';
import { readOptionalBody } from '../shared/http/read-body.ts';
import { startDriftRun } from '../shared/training/drift-run.ts';
import { durableRoute, httpRoute } from './http-route.ts';
import { clientInput } from './promotion-client.ts';
import { runsOf } from './retrain-client.ts';

/** Checks a window; where it is the newest one, what follows from its report is done. */
async function check(model: string, asked: DriftWindow, context: InvocationContext): Promise<DriftReport> {
  const { drift, alerts, retraining, settings, telemetry } = await theApp();
  const report = await checkDrift(drift, model, asked);
  if ((await latestReport(drift.reports, model)).id !== report.id) return report;
  const retrain: CarryOutParts['retrain'] = async (of, reason, since) => {
    const started = await startDriftRun(retraining, runsOf(context), of, { reason, drift: since });
    return 'none' in started ? `No retrain of '${of}': ${started.none}` : `Run ${started.runId}: ${reason}`;
  };
  const log = (message: string) => context.log(message);
  await carryOut({ alerts, log, ...(settings.retrainOnDrift ? { retrain } : {}) }, report);
  tellOfDrift(telemetry, report);
  return report;
}

durableRoute('drift-check', 'POST', 'api/models/{model}/drift', async (request, context) => {
  const asked = await readOptionalBody(request, driftWindowSchema);
  return { jsonBody: await check(request.params['model'] ?? '', asked, context) };
});

httpRoute('drift-latest', 'GET', 'api/models/{model}/drift', async (request) => {
  const { catalogue, drift } = await theApp();
  const { model } = await catalogue.model(request.params['model'] ?? '');
  const report = await latestReport(drift.reports, model);
  return acceptsHtml(request) ? page(await drift.reports.page(model, report.id)) : { jsonBody: report };
});

httpRoute('drift-history', 'GET', 'api/models/{model}/drift/history', async (request) => {
  const { limit, after } = readPaging(request, reportIdSchema);
  const { catalogue, drift } = await theApp();
  const { model } = await catalogue.model(request.params['model'] ?? '');
  return { jsonBody: await listReports(drift.reports, model, limit, after) };
});

httpRoute('drift-report', 'GET', 'api/models/{model}/drift/{id}', async (request) => {
  const { catalogue, drift } = await theApp();
  const { model } = await catalogue.model(request.params['model'] ?? '');
  const id = request.params['id'] ?? '';
  return acceptsHtml(request)
    ? page(await drift.reports.page(model, id))
    : { jsonBody: await drift.reports.read(model, id) };
});

function page(body: string) {
  return { body, headers: { 'content-type': 'text/html; charset=utf-8' } };
}

/** Checks every model; one that cannot be checked now does not keep the others from it. */
async function checkAll(_timer: Timer, context: InvocationContext): Promise<void> {
  const { modelNames } = await theApp();
  for (const model of await modelNames()) {
    try {
      // In sequence: each may take the memory of a day. Whole hours are on record as histograms.
      await check(model, { to: new Date(hourOf(Date.now())).toISOString() }, context);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      context.warn(`'${model}' is not checked for drift:`, error.message);
    }
  }
}

app.timer('drift-schedule', {
  schedule: '%DRIFT_SCHEDULE%',
  extraInputs: [clientInput],
  handler: checkAll,
});
