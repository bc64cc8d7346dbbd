import { app } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { handlerOf } from '../shared/http/route.ts';
import { readiness } from '../shared/scoring/readiness.ts';

app.http('health-live', {
  methods: ['GET'],
  authLevel: 'anonymous',
  route: 'api/health/live',
  handler: handlerOf(() => Promise.resolve({ jsonBody: { status: 'live' } })),
});

app.http('health-ready', {
  methods: ['GET'],
  authLevel: 'anonymous',
  route: 'api/health/ready',
  handler: handlerOf(async () => {
    const { scoring, settings } = await theApp();
    const { ready, parts } = await readiness(scoring.serving, settings.defaultModel);
    return ready
      ? { jsonBody: { status: 'ready', parts } }
      : { status: 503, headers: { 'retry-after': '1' }, jsonBody: { status: 'unavailable', parts } };
  }),
});
