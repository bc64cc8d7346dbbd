import { inPlaceOf } from '../shared/access/caller.ts';
import { theApp } from '../shared/app.ts';
import { readPaging } from '../shared/http/paging.ts';
import { readBody } from '../shared/http/read-body.ts';
import { abortSchema, approveSchema, rollbackSchema, startSchema } from '../shared/promotion/bodies.ts';
import { listPromotions, readPromotion } from '../shared/promotion/read-promotions.ts';
import { orderPromotion, rollBackModel } from '../shared/promotion/orders.ts';
import { startPromotion } from '../shared/promotion/start.ts';
import { promotionIdSchema } from '../shared/registry/rows.ts';
import { trafficView } from '../shared/registry/views.ts';
import { durableRoute, httpRoute } from './http-route.ts';
import { orchestrationsOf, wake } from './promotion-client.ts';

durableRoute('promotion-start', 'POST', 'api/models/{model}/promotions', async (request, context, caller) => {
  const { promotions } = await theApp();
  const model = request.params['model'] ?? '';
  const asked = await readBody(request, startSchema, inPlaceOf('requestedBy', caller));
  const { promotionId, warnings } = await startPromotion(promotions, orchestrationsOf(context), model, asked);
  const statusUrl = new URL(`/api/models/${model}/promotions/${promotionId}`, request.url).href;
  return {
    status: 202,
    headers: { location: statusUrl },
    jsonBody: { promotionId, statusUrl, ...(warnings.length > 0 ? { warnings } : {}) },
  };
});

httpRoute('promotions', 'GET', 'api/models/{model}/promotions', async (request) => {
  const { limit, after } = readPaging(request, promotionIdSchema);
  const { promotions } = await theApp();
  return { jsonBody: await listPromotions(promotions, request.params['model'] ?? '', limit, after) };
});

httpRoute('promotion', 'GET', 'api/models/{model}/promotions/{promotionId}', async ({ params }) => ({
  jsonBody: await readPromotion(
    (await theApp()).promotions,
    params['model'] ?? '',
    params['promotionId'] ?? '',
  ),
}));

durableRoute(
  'promotion-approve',
  'POST',
  'api/models/{model}/promotions/{promotionId}/approve',
  async (request, context, caller) => {
    const { promotions } = await theApp();
    const [model, id] = [request.params['model'] ?? '', request.params['promotionId'] ?? ''];
    const { approvedBy, reason } = await readBody(request, approveSchema, inPlaceOf('approvedBy', caller));
    await orderPromotion(promotions, model, id, { kind: 'approve', by: approvedBy, reason });
    await wake(context, id);
    return { jsonBody: await readPromotion(promotions, model, id) };
  },
);

durableRoute(
  'promotion-abort',
  'POST',
  'api/models/{model}/promotions/{promotionId}/abort',
  async (request, context, caller) => {
    const { promotions } = await theApp();
    const [model, id] = [request.params['model'] ?? '', request.params['promotionId'] ?? ''];
    const { abortedBy, reason } = await readBody(request, abortSchema, inPlaceOf('abortedBy', caller));
    await orderPromotion(promotions, model, id, { kind: 'abort', by: abortedBy, reason });
    await wake(context, id);
    return { jsonBody: await readPromotion(promotions, model, id) };
  },
);

durableRoute('rollback', 'POST', 'api/models/{model}/rollback', async (request, context, caller) => {
  const { promotions } = await theApp();
  const { requestedBy, reason } = await readBody(request, rollbackSchema, inPlaceOf('requestedBy', caller));
  const order = { by: requestedBy, reason };
  const { traffic, promotionId } = await rollBackModel(promotions, request.params['model'] ?? '', order);
  await wake(context, promotionId);
  return { jsonBody: trafficView(traffic.row, traffic.etag) };
});
