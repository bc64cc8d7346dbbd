import { app } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { docsAsset, docsPage } from '../shared/http/docs-page.ts';
import { openApiDocument } from '../shared/http/openapi.ts';
import { handlerOf } from '../shared/http/route.ts';
import { documentedModels } from '../shared/scoring/documented-models.ts';

app.http('openapi', {
  methods: ['GET'],
  authLevel: 'function',
  route: 'api/openapi.json',
  handler: handlerOf(async () => {
    const { catalogue, scoring, settings } = await theApp();
    return {
      jsonBody: openApiDocument(await documentedModels(catalogue, scoring.serving), settings.defaultModel),
    };
  }),
});

app.http('docs', {
  methods: ['GET'],
  authLevel: 'function',
  route: 'api/docs',
  handler: handlerOf(() => Promise.resolve(docsPage())),
});

app.http('docs-asset', {
  methods: ['GET'],
  authLevel: 'function',
  route: 'api/docs/{asset}',
  handler: handlerOf(({ params }) => docsAsset(params['asset'] ?? '')),
});
