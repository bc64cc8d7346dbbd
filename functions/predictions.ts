import { app } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { findDecision } from '../shared/events/decision.ts';
import { handlerOf } from '../shared/http/route.ts';

app.http('prediction', {
  methods: ['GET'],
  authLevel: 'function',
  route: 'api/models/{model}/predictions/{predictionId}',
  handler: handlerOf(async ({ params }) => {
    const { catalogue, decisions } = await theApp();
    const { model } = await catalogue.model(params['model'] ?? '');
    return { jsonBody: await findDecision(decisions, model, params['predictionId'] ?? '') };
  }),
});
