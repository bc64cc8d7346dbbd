import { app } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { handlerOf } from '../shared/http/route.ts';
import { CONTENT_TYPE } from '../shared/metrics/exposition.ts';

app.http('metrics', {
  methods: ['GET'],
  authLevel: 'function',
  route: 'api/metrics',
  handler: handlerOf(async () => ({
    body: await (await theApp()).metrics.text(),
    headers: { 'content-type': CONTENT_TYPE },
  })),
});
