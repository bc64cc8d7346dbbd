import { app } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { handlerOf } from '../shared/http/route.ts';
import { readPerformance } from '../shared/outcomes/performance.ts';

app.http('performance', {
  methods: ['GET'],
  authLevel: 'function',
  route: 'api/models/{model}/performance',
  handler: handlerOf(async ({ params, query }) => {
    const { catalogue, performance } = await theApp();
    const { model } = await catalogue.model(params['model'] ?? '');
    return { jsonBody: await readPerformance(performance, model, Object.fromEntries(query)) };
  }),
});
