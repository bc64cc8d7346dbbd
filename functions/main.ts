import { app } from '@azure/functions';
import { closeApp } from '../shared/app.ts';
import { readSettings } from '../shared/config.ts';
import './alerts.ts';
import './collect-labels.ts';
import './collect.ts';
import './dashboard.ts';
import './docs.ts';
import './drift.ts';
import './health.ts';
import './labels.ts';
import './metrics.ts';
import './models.ts';
import './performance.ts';
import './predictions.ts';
import './promotion-cleanup.ts';
import './promotions.ts';
import './replay-spill.ts';
import './retrain.ts';
import './score.ts';
import './summarise.ts';
import '../orchestrations/promote.ts';
import '../orchestrations/retrain.ts';
import { traceInvocation } from './trace-invocation.ts';

// Bad settings stop the start, with all of them listed, rather than fail the first caller.
const settings = readSettings(process.env);

// Where telemetry is off, no invocation pays for it.
if (settings.telemetry !== undefined) {
  app.hook.preInvocation(traceInvocation);
  // Otherwise the exporter tells its maker of the app, at an address of its own choice.
  process.env['APPLICATION_INSIGHTS_NO_STATSBEAT'] ??= 'true';
}
app.hook.appTerminate(closeApp);
