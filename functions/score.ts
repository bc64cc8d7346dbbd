import type { HttpRequest } from '@azure/functions';
import { theApp } from '../shared/app.ts';
import { readJson } from '../shared/http/json-body.ts';
import type { Reply } from '../shared/http/problem.ts';
import { parseFeaturesRequest, parseScoreRequest } from '../shared/scoring/request.ts';
import { scoreRows } from '../shared/scoring/score.ts';
import { httpRoute } from './http-route.ts';

async function score(request: HttpRequest): Promise<Reply> {
  const { scoring, settings } = await theApp();
  const { many, rows } = parseScoreRequest(await readJson(request));
  const model = request.params['model'] ?? settings.defaultModel;
  const pinned = request.headers.get('x-tollgate-version') ?? undefined;
  const predictions = await scoreRows(scoring, model, pinned, rows);
  return { jsonBody: many ? { predictions } : predictions[0] };
}

async function scoreFeatures(request: HttpRequest): Promise<Reply> {
  const { scoring, settings } = await theApp();
  const row = parseFeaturesRequest(await readJson(request));
  const [prediction] = await scoreRows(scoring, settings.defaultModel, undefined, [row]);
  return { jsonBody: { pred_proba: prediction?.score } };
}

httpRoute('score', 'POST', 'api/score', score);

httpRoute('score-model', 'POST', 'api/models/{model}/score', score);

httpRoute('score-features', 'POST', 'score', scoreFeatures);
