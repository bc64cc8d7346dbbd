import { theApp } from '../shared/app.ts';
import { readPaging } from '../shared/http/paging.ts';
import { readLineage } from '../shared/lineage/read-lineage.ts';
import { modelNameSchema, versionSchema } from '../shared/registry/rows.ts';
import { readCard } from '../shared/registry/version-card.ts';
import { trafficView } from '../shared/registry/views.ts';
import { httpRoute } from './http-route.ts';

httpRoute('models', 'GET', 'api/models', async (request) => {
  const { limit, after } = readPaging(request, modelNameSchema);
  return { jsonBody: await (await theApp()).catalogue.models(limit, after) };
});

httpRoute('model', 'GET', 'api/models/{model}', async ({ params }) => ({
  jsonBody: await (await theApp()).catalogue.model(params['model'] ?? ''),
}));

httpRoute('versions', 'GET', 'api/models/{model}/versions', async (request) => {
  const { limit, after } = readPaging(request, versionSchema);
  return { jsonBody: await (await theApp()).catalogue.versions(request.params['model'] ?? '', limit, after) };
});

httpRoute('version', 'GET', 'api/models/{model}/versions/{version}', async ({ params }) => ({
  jsonBody: await (await theApp()).catalogue.version(params['model'] ?? '', params['version'] ?? ''),
}));

httpRoute('card', 'GET', 'api/models/{model}/versions/{version}/card', async ({ params }) => {
  const { catalogue, registry, models } = await theApp();
  const { model, version } = await catalogue.version(params['model'] ?? '', params['version'] ?? '');
  const body = await readCard(registry, models, model, version);
  return { body, headers: { 'content-type': 'text/markdown; charset=utf-8' } };
});

httpRoute('lineage', 'GET', 'api/models/{model}/versions/{version}/lineage', async ({ params }) => ({
  jsonBody: await readLineage(await theApp(), params['model'] ?? '', params['version'] ?? ''),
}));

httpRoute('datasets', 'GET', 'api/models/{model}/datasets', async (request) => {
  const { limit, after } = readPaging(request, versionSchema);
  return { jsonBody: await (await theApp()).catalogue.datasets(request.params['model'] ?? '', limit, after) };
});

httpRoute('dataset', 'GET', 'api/models/{model}/datasets/{version}', async ({ params }) => ({
  jsonBody: await (await theApp()).catalogue.dataset(params['model'] ?? '', params['version'] ?? ''),
}));

httpRoute('traffic', 'GET', 'api/models/{model}/traffic', async ({ params }) => {
  const { row, etag } = await (await theApp()).catalogue.traffic(params['model'] ?? '');
  return { jsonBody: trafficView(row, etag) };
});
