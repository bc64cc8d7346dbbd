import { theApp } from '../shared/app.ts';
import { dashboardAsset, dashboardPage } from '../shared/http/dashboard-page.ts';
import { minutesQuerySchema, minutesView, readMinutesRange } from '../shared/rollups/minutes-view.ts';
import { readRequestCounts } from '../shared/rollups/read.ts';
import { httpRoute } from './http-route.ts';

// The page itself is open, because a browser that opens it cannot send a key in a header: it holds no data, and asks
// for the key that the API wants.
httpRoute('dashboard', 'GET', 'dashboard', () => Promise.resolve(dashboardPage()));

httpRoute('dashboard-asset', 'GET', 'dashboard/{asset}', ({ params }) =>
  dashboardAsset(params['asset'] ?? ''),
);

httpRoute('minutes', 'GET', 'api/models/{model}/minutes', async ({ params, query }) => {
  const { catalogue, rollups } = await theApp();
  const range = readMinutesRange(minutesQuerySchema.parse(Object.fromEntries(query)), Date.now());
  const { row } = await catalogue.traffic(params['model'] ?? '');
  return { jsonBody: minutesView(await readRequestCounts(rollups, { model: row.model, ...range }), range) };
});
