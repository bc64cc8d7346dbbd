import { app, type HttpMethod } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { readPaging } from '../shared/http/paging.ts';
import { readBody } from '../shared/http/read-body.ts';
import { type Answer, handlerOf } from '../shared/http/route.ts';
import { abortSchema, approveSchema, rollbackSchema, startSchema } from '../shared/promotion/bodies.ts';
import { listPromotions, readPromotion } from '../shared/promotion/read-promotions.ts';
import { orderPromotion, rollBackModel } from '../shared/promotion/orders.ts';
import { startPromotion } from '../shared/promotion/start.ts';
import { promotionIdSchema } from '../shared/registry/rows.ts';
import { trafficView } from '../shared/registry/views.ts';
import { clientInput, orchestrationsOf, wake } from './promotion-client.ts';

function route(name: string, method: HttpMethod, path: string, answer: Answer): void {
  app.http(name, {
    methods: [method],
    authLevel: 'function',
    route: `api/models/{model}/${path}`,
    extraInputs: method === 'POST' ? [clientInput] : [],
    handler: handlerOf(answer),
  });
}

route('promotion-start', 'POST', 'promotions', async (request, context) => {
  const { promotions } = await theApp();
  const model = request.params['model'] ?? '';
  const asked = await readBody(request, startSchema);
  const { promotionId, warnings } = await startPromotion(promotions, orchestrationsOf(context), model, asked);
  const statusUrl = new URL(`/api/models/${model}/promotions/${promotionId}`, request.url).href;
  return {
    status: 202,
    headers: { location: statusUrl },
    jsonBody: { promotionId, statusUrl, ...(warnings.length > 0 ? { warnings } : {}) },
  };
});

route('promotions', 'GET', 'promotions', async (request) => {
  const { limit, after } = readPaging(request, promotionIdSchema);
  const { promotions } = await theApp();
  return { jsonBody: await listPromotions(promotions, request.params['model'] ?? '', limit, after) };
});

route('promotion', 'GET', 'promotions/{promotionId}', async ({ params }) => ({
  jsonBody: await readPromotion(
    (await theApp()).promotions,
    params['model'] ?? '',
    params['promotionId'] ?? '',
  ),
}));

route('promotion-approve', 'POST', 'promotions/{promotionId}/approve', async (request, context) => {
  const { promotions } = await theApp();
  const [model, id] = [request.params['model'] ?? '', request.params['promotionId'] ?? ''];
  const { approvedBy, reason } = await readBody(request, approveSchema);
  await orderPromotion(promotions, model, id, { kind: 'approve', by: approvedBy, reason });
  await wake(context, id);
  return { jsonBody: await readPromotion(promotions, model, id) };
});

route('promotion-abort', 'POST', 'promotions/{promotionId}/abort', async (request, context) => {
  const { promotions } = await theApp();
  const [model, id] = [request.params['model'] ?? '', request.params['promotionId'] ?? ''];
  const { abortedBy, reason } = await readBody(request, abortSchema);
  await orderPromotion(promotions, model, id, { kind: 'abort', by: abortedBy, reason });
  await wake(context, id);
  return { jsonBody: await readPromotion(promotions, model, id) };
});

route('rollback', 'POST', 'rollback', async (request, context) => {
  const { promotions } = await theApp();
  const { requestedBy, reason } = await readBody(request, rollbackSchema);
  const order = { by: requestedBy, reason };
  const { traffic, promotionId } = await rollBackModel(promotions, request.params['model'] ?? '', order);
  await wake(context, promotionId);
  return { jsonBody: trafficView(traffic.row, traffic.etag) };
});
