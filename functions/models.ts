import { app } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { readPaging } from '../shared/http/paging.ts';
import { type Answer, handlerOf } from '../shared/http/route.ts';
import { readLineage } from '../shared/lineage/read-lineage.ts';
import { modelNameSchema, versionSchema } from '../shared/registry/rows.ts';
import { readCard } from '../shared/registry/version-card.ts';
import { trafficView } from '../shared/registry/views.ts';

function get(name: string, route: string, answer: Answer): void {
  app.http(name, {
    methods: ['GET'],
    authLevel: 'function',
    route,
    handler: handlerOf(answer),
  });
}

get('models', 'api/models', async (request) => {
  const { limit, after } = readPaging(request, modelNameSchema);
  return { jsonBody: await (await theApp()).catalogue.models(limit, after) };
});

get('model', 'api/models/{model}', async ({ params }) => ({
  jsonBody: await (await theApp()).catalogue.model(params['model'] ?? ''),
}));

get('versions', 'api/models/{model}/versions', async (request) => {
  const { limit, after } = readPaging(request, versionSchema);
  return { jsonBody: await (await theApp()).catalogue.versions(request.params['model'] ?? '', limit, after) };
});

get('version', 'api/models/{model}/versions/{version}', async ({ params }) => ({
  jsonBody: await (await theApp()).catalogue.version(params['model'] ?? '', params['version'] ?? ''),
}));

get('card', 'api/models/{model}/versions/{version}/card', async ({ params }) => {
  const { catalogue, registry, models } = await theApp();
  const { model, version } = await catalogue.version(params['model'] ?? '', params['version'] ?? '');
  const body = await readCard(registry, models, model, version);
  return { body, headers: { 'content-type': 'text/markdown; charset=utf-8' } };
});

get('lineage', 'api/models/{model}/versions/{version}/lineage', async ({ params }) => ({
  jsonBody: await readLineage(await theApp(), params['model'] ?? '', params['version'] ?? ''),
}));

get('datasets', 'api/models/{model}/datasets', async (request) => {
  const { limit, after } = readPaging(request, versionSchema);
  return { jsonBody: await (await theApp()).catalogue.datasets(request.params['model'] ?? '', limit, after) };
});

get('dataset', 'api/models/{model}/datasets/{version}', async ({ params }) => ({
  jsonBody: await (await theApp()).catalogue.dataset(params['model'] ?? '', params['version'] ?? ''),
}));

get('traffic', 'api/models/{model}/traffic', async ({ params }) => {
  const { row, etag } = await (await theApp()).catalogue.traffic(params['model'] ?? '');
  return { jsonBody: trafficView(row, etag) };
});
