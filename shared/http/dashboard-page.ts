import { readFile } from 'node:fs/promises';
import { Failure } from '../failure.ts';
import type { Reply } from './problem.ts';

/** What the page needs while its script has not run, or cannot; everything else is built by web/main.ts. */
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Tollgate</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/dashboard/dashboard.css" />
  </head>
  <body>
    <noscript><p class="notice">This page reads the API by script, which is switched off here.</p></noscript>
    <script type="module" src="/dashboard/dashboard.js"></script>
  </body>
</html>
`;

/** Nothing from elsewhere, nothing inline, nobody may frame it: its buttons move traffic. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES = new Map([
  ['dashboard.js', 'text/javascript; charset=utf-8'],
  ['dashboard.css', 'text/css; charset=utf-8'],
]);

/** The page, which holds no data: what it shows, its script asks the API for. */
export function dashboardPage(): Reply {
  return {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache',
    },
    body: PAGE,
  };
}

/** A file of the page. @param folder where the build has put it: beside the app's own code @throws Failure `not-found` */
export async function dashboardAsset(name: string, folder = new URL('.', import.meta.url)): Promise<Reply> {
  const type = TYPES.get(name);
  if (type === undefined) throw new Failure('not-found', 'The page has no such file');
  return {
    headers: { 'content-type': type, 'x-content-type-options': 'nosniff', 'cache-control': 'no-cache' },
    body: await readFile(new URL(name, folder)),
  };
}
