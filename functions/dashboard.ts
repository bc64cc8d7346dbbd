import { app } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { dashboardAsset, dashboardPage } from '../shared/http/dashboard-page.ts';
import { handlerOf } from '../shared/http/route.ts';
import { minutesQuerySchema, minutesView, readMinutesRange } from '../shared/rollups/minutes-view.ts';
import { readRequestCounts } from '../shared/rollups/read.ts';

// The page itself is open, because a browser that opens it cannot send a key in a header: it holds no data, and asks
// for the key that the API wants.
app.http('dashboard', {
  methods: ['GET'],
  authLevel: 'anonymous',
  route: 'dashboard',
  handler: handlerOf(() => Promise.resolve(dashboardPage())),
});

app.http('dashboard-asset', {
  methods: ['GET'],
  authLevel: 'anonymous',
  route: 'dashboard/{asset}',
  handler: handlerOf(({ params }) => dashboardAsset(params['asset'] ?? '')),
});

app.http('minutes', {
  methods: ['GET'],
  authLevel: 'function',
  route: 'api/models/{model}/minutes',
  handler: handlerOf(async ({ params, query }) => {
    const { catalogue, rollups } = await theApp();
    const range = readMinutesRange(minutesQuerySchema.parse(Object.fromEntries(query)), Date.now());
    const { row } = await catalogue.traffic(params['model'] ?? '');
    return { jsonBody: minutesView(await readRequestCounts(rollups, { model: row.model, ...range }), range) };
  }),
});
