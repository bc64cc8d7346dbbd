import { theApp } from '../shared/app.ts';
import { readJson } from '../shared/http/json-body.ts';
import { acceptLabels, parseLabels } from '../shared/outcomes/accept-labels.ts';
import { readLabel } from '../shared/outcomes/find-label.ts';
import { httpRoute } from './http-route.ts';

httpRoute('labels', 'POST', 'api/labels', async (request) => {
  const { labelling } = await theApp();
  const labels = parseLabels(await readJson(request));
  await acceptLabels(labelling, labels);
  return {
    status: 202,
    headers: { location: new URL(`/api/labels/${labels[0]?.predictionId ?? ''}`, request.url).href },
    jsonBody: { accepted: labels.length },
  };
});

httpRoute('label', 'GET', 'api/labels/{predictionId}', async ({ params }) => {
  const { labels, modelNames } = await theApp();
  return { jsonBody: await readLabel(labels, await modelNames(), params['predictionId'] ?? '') };
});
