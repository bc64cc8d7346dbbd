import { theApp } from '../shared/app.ts';
import { CONTENT_TYPE } from '../shared/metrics/exposition.ts';
import { httpRoute } from './http-route.ts';

httpRoute('metrics', 'GET', 'api/metrics', async () => ({
  body: await (await theApp()).metrics.text(),
  headers: { 'content-type': CONTENT_TYPE },
}));
