import { readFile } from 'node:fs/promises';
import { app } from '@azure/functions';
import { z } from 'zod';
import { theApp } from '../shared/app.ts';
import { handlerOf } from '../shared/http/route.ts';
import { readiness } from '../shared/scoring/readiness.ts';

/** Of this file in the sources as well as of the bundle, the app's folder is the parent. */
const MANIFEST = new URL('../package.json', import.meta.url);

/** What `npm run package` has made it: `0.1.0+1a2b3c4`. In a folder of sources there is no commit to name. */
async function appVersion(): Promise<string> {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile(MANIFEST, 'utf8')));
  return version.includes('+') ? version : `${version}+dev`;
}

app.http('health-live', {
  methods: ['GET'],
  authLevel: 'anonymous',
  route: 'api/health/live',
  handler: handlerOf(async () => ({ jsonBody: { status: 'live', version: await appVersion() } })),
});

app.http('health-ready', {
  methods: ['GET'],
  authLevel: 'anonymous',
  route: 'api/health/ready',
  handler: handlerOf(async () => {
    const { scoring, settings } = await theApp();
    const { ready, parts } = await readiness(scoring.serving, settings.defaultModel);
    return ready
      ? { jsonBody: { status: 'ready', parts } }
      : { status: 503, headers: { 'retry-after': '1' }, jsonBody: { status: 'unavailable', parts } };
  }),
});
