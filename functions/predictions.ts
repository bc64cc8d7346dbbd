import { theApp } from '../shared/app.ts';
import { findDecision } from '../shared/events/decision.ts';
import { httpRoute } from './http-route.ts';

httpRoute('prediction', 'GET', 'api/models/{model}/predictions/{predictionId}', async ({ params }) => {
  const { catalogue, decisions } = await theApp();
  const { model } = await catalogue.model(params['model'] ?? '');
  return { jsonBody: await findDecision(decisions, model, params['predictionId'] ?? '') };
});
