import { app } from '@azure/functions';
import { closeApp } from '../shared/app.ts';
import { readSettings } from '../shared/config.ts';
import './collect-labels.ts';
import './collect.ts';
import './docs.ts';
import './health.ts';
import './labels.ts';
import './models.ts';
import './predictions.ts';
import './promotion-cleanup.ts';
import './promotions.ts';
import './replay-spill.ts';
import './retrain.ts';
import './score.ts';
import '../orchestrations/promote.ts';
import '../orchestrations/retrain.ts';

// Bad settings stop the start, with all of them listed, rather than fail the first caller.
readSettings(process.env);

app.hook.appTerminate(closeApp);
