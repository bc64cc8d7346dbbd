import { app } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { readJson } from '../shared/http/json-body.ts';
import { handlerOf } from '../shared/http/route.ts';
import { acceptLabels, parseLabels } from '../shared/outcomes/accept-labels.ts';
import { readLabel } from '../shared/outcomes/find-label.ts';

app.http('labels', {
  methods: ['POST'],
  authLevel: 'function',
  route: 'api/labels',
  handler: handlerOf(async (request) => {
    const { labelling } = await theApp();
    const labels = parseLabels(await readJson(request));
    await acceptLabels(labelling, labels);
    return {
      status: 202,
      headers: { location: new URL(`/api/labels/${labels[0]?.predictionId ?? ''}`, request.url).href },
      jsonBody: { accepted: labels.length },
    };
  }),
});

app.http('label', {
  methods: ['GET'],
  authLevel: 'function',
  route: 'api/labels/{predictionId}',
  handler: handlerOf(async ({ params }) => {
    const { labels, modelNames } = await theApp();
    return { jsonBody: await readLabel(labels, await modelNames(), params['predictionId'] ?? '') };
  }),
});
