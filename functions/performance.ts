import { theApp } from '../shared/app.ts';
import { readPerformance } from '../shared/outcomes/performance.ts';
import { httpRoute } from './http-route.ts';

httpRoute('performance', 'GET', 'api/models/{model}/performance', async ({ params, query }) => {
  const { catalogue, performance } = await theApp();
  const { model } = await catalogue.model(params['model'] ?? '');
  return { jsonBody: await readPerformance(performance, model, Object.fromEntries(query)) };
});
