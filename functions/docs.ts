import { theApp } from '../shared/app.ts';
import { docsAsset, docsPage } from '../shared/http/docs-page.ts';
import { openApiDocument } from '../shared/http/openapi.ts';
import { documentedModels } from '../shared/scoring/documented-models.ts';
import { httpRoute } from './http-route.ts';

httpRoute('openapi', 'GET', 'api/openapi.json', async () => {
  const { catalogue, scoring, settings } = await theApp();
  return {
    jsonBody: openApiDocument(await documentedModels(catalogue, scoring.serving), settings.defaultModel),
  };
});

httpRoute('docs', 'GET', 'api/docs', () => Promise.resolve(docsPage()));

httpRoute('docs-asset', 'GET', 'api/docs/{asset}', ({ params }) => docsAsset(params['asset'] ?? ''));
