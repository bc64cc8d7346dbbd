import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { theApp } from '../shared/app.ts';
import { readiness } from '../shared/scoring/readiness.ts';
import { httpRoute } from './http-route.ts';

/** Of this file in the sources as well as of the bundle, the app's folder is the parent. */
const MANIFEST = new URL('../package.json', import.meta.url);

/** What `npm run package` has made it: `0.1.0+1a2b3c4`. In a folder of sources there is no commit to name. */
async function appVersion(): Promise<string> {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile(MANIFEST, 'utf8')));
  return version.includes('+') ? version : `${version}+dev`;
}

httpRoute('health-live', 'GET', 'api/health/live', async () => ({
  jsonBody: { status: 'live', version: await appVersion() },
}));

httpRoute('health-ready', 'GET', 'api/health/ready', async () => {
  const { scoring, settings } = await theApp();
  const { ready, parts } = await readiness(scoring.serving, settings.defaultModel);
  return ready
    ? { jsonBody: { status: 'ready', parts } }
    : { status: 503, headers: { 'retry-after': '1' }, jsonBody: { status: 'unavailable', parts } };
});
