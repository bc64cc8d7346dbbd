import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Failure } from '../failure.ts';
import type { Reply } from './problem.ts';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Tollgate API</title>
    <link rel="stylesheet" href="/api/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="api"></div>
    <script src="/api/docs/swagger-ui-bundle.js"></script>
    <script src="/api/docs/start.js"></script>
  </body>
</html>
`;

// In Azure the page and the document ask for a key: one given as ?code= when opening the page is passed on in a header,
// and leaves the address.
const START = `const key = new URLSearchParams(location.search).get('code');
history.replaceState(null, '', location.pathname);
SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#api',
  requestInterceptor: (request) => {
    if (key) request.headers['x-functions-key'] = key;
    return request;
  },
});
`;

const ASSETS = new Map([
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
]);

/** The API document as a page that needs nothing from the internet. */
export function docsPage(): Reply {
  return {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'",
      'referrer-policy': 'no-referrer',
    },
    body: PAGE,
  };
}

/** A file of the page, from the swagger-ui-dist package. @throws Failure `not-found` */
export async function docsAsset(name: string): Promise<Reply> {
  if (name === 'start.js')
    return { headers: { 'content-type': 'text/javascript; charset=utf-8' }, body: START };
  const type = ASSETS.get(name);
  if (type === undefined) throw new Failure('not-found', 'The page has no such file');
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  return {
    headers: { 'content-type': type, 'cache-control': 'max-age=3600' },
    body: await readFile(join(folder, name)),
  };
}
