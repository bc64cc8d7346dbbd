import { app } from '@azure/functions';
import { buildApp } from '../../shared/app.ts';
import { readSettings } from '../../shared/config.ts';
import { readJson } from '../../shared/http/json-body.ts';
import { handlerOf } from '../../shared/http/route.ts';
import type { Recording } from '../../shared/scoring/recorder.ts';
import { parseScoreRequest } from '../../shared/scoring/request.ts';
import { scoreRows } from '../../shared/scoring/score.ts';

/** The scoring route without the prediction log: what the log costs is the difference to the app itself. */
const nothing: Recording = {
  enter: () => ({ append: () => Promise.resolve('acknowledged'), leave: () => undefined }),
  event: () => '',
};

const settings = readSettings(process.env);
const parts = buildApp(settings);

app.http('score', {
  methods: ['POST'],
  authLevel: 'anonymous',
  route: 'api/score',
  handler: handlerOf(async (request) => {
    const { scoring } = await parts;
    const { many, rows } = parseScoreRequest(await readJson(request));
    const predictions = await scoreRows(
      { ...scoring, recorder: nothing },
      settings.defaultModel,
      undefined,
      rows,
    );
    return { jsonBody: many ? { predictions } : predictions[0] };
  }),
});
