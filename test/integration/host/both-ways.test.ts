import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, send, startHostProcess, type HostProcess, type RawReply } from './host-process.ts';

/** Every handler is called the direct way and through the library's own objects; the bytes must be the same. */

const app = fixture('sample-app');
const hosts: HostProcess[] = [];

beforeAll(async () => {
  hosts.push(
    ...(await Promise.all([
      startHostProcess({ app, arguments: ['--http', 'direct'] }),
      startHostProcess({ app, arguments: ['--http', 'library'] }),
      startHostProcess({ app, arguments: ['--http', 'direct'], environment: { SAMPLE_HOOKS: '1' } }),
      startHostProcess({ app, environment: { SAMPLE_HOOKS: '1', TOLLGATE_HOST_HTTP: 'library' } }),
    ])),
  );
});

afterAll(async () => {
  await Promise.all(hosts.map(async (host) => host.stop()));
});

async function bothWays(
  ...request: Parameters<typeof send> extends [number, ...infer Rest] ? Rest : never
): Promise<RawReply> {
  const [direct, library, ...hooked] = await Promise.all(
    hosts.map(async ({ port }) => send(port, ...request)),
  );
  expect(direct).toEqual(library);
  expect(hooked[0]).toEqual(hooked[1]);
  if (direct === undefined) throw new Error('no reply');
  return direct;
}

const jsonType = 'content-type: application/json';
const textType = 'content-type: text/plain;charset=UTF-8';

/** What each case must answer, where the library's rules or HTTP say so: status, headers, body. */
const cases: Record<string, [number, string[], string] | number> = {
  json: [
    200,
    [jsonType, 'content-length: 49'],
    Buffer.from('{"a":1,"text":"grüße €","nested":[null,true]}').toString('latin1'),
  ],
  jsonNull: [200, [textType, 'content-length: 12'], 'used instead'],
  jsonZero: [200, [jsonType, 'content-length: 1'], '0'],
  jsonString: [200, [jsonType, 'content-length: 6'], '"text"'],
  jsonWithType: [400, ['content-type: application/problem+json', 'content-length: 7'], '{"a":1}'],
  jsonUndefined: [200, [jsonType, 'content-length: 0'], ''],
  jsonDate: [200, [jsonType, 'content-length: 33'], '{"at":"1970-01-01T00:00:00.000Z"}'],
  jsonCircular: 500,
  jsonBigInt: 500,
  string: [200, [textType, 'content-length: 19'], Buffer.from('plain text, grüße').toString('latin1')],
  stringWithType: [200, ['content-type: text/html', 'content-length: 9'], '<p>hi</p>'],
  loneSurrogate: [200, [textType, 'content-length: 5'], Buffer.from('a\ufffdb').toString('latin1')],
  emptyString: [200, [textType, 'content-length: 0'], ''],
  buffer: [200, ['content-length: 3'], '\u0000\u0001\u00ff'],
  bufferWithType: [200, ['content-type: image/png', 'content-length: 1'], 'x'],
  typedArray: 200,
  arrayBuffer: [200, ['content-length: 2'], '\u0007\u0008'],
  dataView: 200,
  searchParams: 200,
  blob: [200, ['content-type: text/x-blob', 'content-length: 4'], 'blob'],
  number: 200,
  object: 200,
  nothing: [204, [], ''],
  null: [204, [], ''],
  empty: [200, ['content-length: 0'], ''],
  falsy: 500,
  text: 500,
  array: 200,
  instance: [200, [jsonType, 'content-length: 7'], '{"x":1}'],
  noPrototype: [200, [jsonType, 'content-length: 7'], '{"a":1}'],
  getter: [200, [jsonType, 'content-length: 17'], '{"from":"getter"}'],
  status201: [201, [jsonType, 'content-length: 2'], '{}'],
  status204: [204, [], ''],
  status204WithBody: [204, ['x-a: 1'], ''],
  status205: 205,
  status304: [304, ['etag: "1"'], ''],
  status404: [404, [textType, 'content-length: 8'], 'not here'],
  status599: 599,
  statusText: [202, [textType, 'content-length: 1'], 'x'],
  statusNull: 500,
  statusTooLow: 500,
  statusTooHigh: 500,
  statusFraction: 200,
  headersPlain: [
    200,
    [jsonType, 'retry-after: 5', 'x-apple: a', 'x-empty: ', 'x-zebra: z', 'content-length: 1'],
    '1',
  ],
  headersObject: [200, [jsonType, 'x-a: 1', 'x-b: 2, 3', 'content-length: 1'], '1'],
  headersArray: [200, [textType, 'x-a: 1', 'x-b: 2, 3', 'content-length: 1'], 'x'],
  headersTwice: 200,
  headersPadded: [200, ['x-a: padded', 'content-length: 0'], ''],
  headersLatin: 200,
  headersWide: 500,
  headersBadName: 500,
  headersBadValue: 500,
  headersOdd: 200,
  headersNull: 500,
  headersConnection: [200, [textType, 'content-length: 4'], 'four'],
  headersDate: 200,
  headersCookie: [200, ['set-cookie: a=1', 'content-length: 0'], ''],
  headersCookies: [200, ['set-cookie: b=2', 'content-length: 0'], ''],
  cookies: [
    200,
    [
      textType,
      'set-cookie: first=1',
      'set-cookie: plain=a%20b%3B%22%C3%BC%22; path=/',
      'set-cookie: full=v; expires=Fri, 02 Jan 1970 00:00:00 GMT; max-age=60; domain=example.org; path=/p; secure; samesite=lax; httponly',
      'set-cookie: none=; expires=Thu, 01 Jan 1970 00:00:01 GMT; path=/; samesite=none',
      'content-length: 1',
    ],
    'x',
  ],
  cookiesEmpty: [200, [textType, 'content-length: 1'], 'x'],
  cookieBadName: 500,
  cookieBadType: 500,
  negotiation: [200, [textType, 'content-length: 1'], 'x'],
  response: [418, [jsonType, 'x-a: 1', 'set-cookie: c=1; path=/', 'content-length: 12'], '{"tea":true}'],
  responseEmpty: [200, ['content-length: 0'], ''],
  stream: [200, ['content-type: text/x-stream', 'content-length: 7'], 'one two'],
  webStream: [200, ['content-length: 10'], 'web stream'],
  generator: [200, ['content-length: 14'], 'from generator'],
  brokenStream: 500,
  throws: [500, ['content-length: 0'], ''],
  rejects: [500, ['content-length: 0'], ''],
  throwsText: 500,
  // `throw undefined` is no error for the worker.
  throwsNothing: 204,
  fetched: 200,
};

/** The connection's own headers, which every reply has. */
const connection = /^(?:Connection|Keep-Alive): /;

describe('a reply', () => {
  for (const [name, expected] of Object.entries(cases)) {
    it(`is the same both ways: ${name}`, async () => {
      const reply = await bothWays(`/sample/reply?case=${name}`);
      const own = reply.headers.filter((header) => !connection.test(header));
      const [status, headers, body] = typeof expected === 'number' ? [expected, own, reply.body] : expected;
      expect({ status: reply.status, headers: own, body: reply.body }).toEqual({ status, headers, body });
    });
    it(`is the same both ways when it comes later, and for HEAD: ${name}`, async () => {
      const now = await bothWays(`/sample/reply?case=${name}`);
      expect(await bothWays(`/sample/replyLater?case=${name}`)).toEqual(now);
      const head = await bothWays(`/sample/reply?case=${name}`, { method: 'HEAD' });
      expect({ ...head, body: now.body }).toEqual(now);
    });
  }

  it('is the same both ways for a form, but for its random boundary', async () => {
    const replies = await Promise.all(
      hosts.map(async ({ port }) => send(port, '/sample/form', { method: 'POST' })),
    );
    const general = replies.map((reply) => {
      const boundary = /boundary=(.*)/.exec(reply.headers.join('\n'))?.[1] ?? '';
      return JSON.stringify(reply).replaceAll(boundary, 'BOUNDARY');
    });
    expect(new Set(general).size).toBe(1);
    expect(general[0]).toContain('name=\\"a\\"');
  });

  it('is the same both ways when hooks replace handler and result', async () => {
    const [, , direct, library] = await Promise.all(
      hosts.map(async ({ port }) => send(port, '/sample/hooked')),
    );
    expect(direct).toEqual(library);
    expect(direct?.body).toBe('{"hooked":true,"wrapped":true}');
    expect(direct?.headers).toContain('x-hook: post');
    const failed = await Promise.all(hosts.map(async ({ port }) => send(port, '/sample/hooked?fail')));
    expect(failed.map(({ status }) => status)).toEqual([500, 500, 409, 409]);
    const refused = await Promise.all(
      hosts.map(async ({ port }) => send(port, '/sample/read', { headers: { 'x-refuse': 'pre' } })),
    );
    expect(refused.map(({ status }) => status)).toEqual([200, 200, 500, 500]);
  });
});

describe('a request', () => {
  const ways = [
    'json',
    'text',
    'arrayBuffer',
    'blob',
    'form',
    'body',
    'clone',
    'headers',
    'copy',
    'forEach',
    'badHeader',
  ];
  const form = 'application/x-www-form-urlencoded';
  const bodies: [string, string | Buffer | undefined, string][] = [
    ['none', undefined, 'text/plain'],
    ['empty', '', 'text/plain'],
    ['JSON', '{"a":[1,"ü"],"__proto__":{"b":1}}', 'application/json'],
    ['a marked byte order', Buffer.from('\ufeff{"a":1}'), 'application/json; charset=utf-8'],
    ['broken JSON', '{"a":', 'application/json'],
    ['broken UTF-8', Buffer.from([0x22, 0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x22]), 'application/json'],
    ['a form', 'a=1&b=%20x', form],
    ['bytes', Buffer.from([0, 1, 2, 254]), 'application/octet-stream'],
  ];

  for (const [name, body, type] of bodies) {
    it.each(['POST', 'GET', 'PUT', 'DELETE', 'OPTIONS'])(
      `is read the same both ways: %s with ${name}`,
      async (method) => {
        const headers: Record<string, string | string[]> = {
          'content-type': type,
          'x-custom': ['one', 'two'],
          'X-Grün': 'latin-ü',
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        };
        delete headers['X-Grün'];
        if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
        for (const first of ways) {
          const reply = await bothWays(`/sample/read?as=${first},${ways.join(',')}&B=1&b=2`, {
            method,
            headers,
            ...(body === undefined ? {} : { body }),
          });
          expect(reply.status).toBe(200);
          const told: unknown = JSON.parse(reply.body);
          expect(told).toMatchObject({
            method,
            custom: 'one, two',
            isRequest: true,
            isContext: true,
            isHeaders: true,
            context: ['read', 'httpTrigger', 'http'],
            trace: '00-0af7651916cd43dd8448eb211c80319c-',
            query: [
              ['as', `${first},${ways.join(',')}`],
              ['B', '1,2'],
            ],
          });
        }
      },
    );
  }

  it('is read the same both ways: parts of a form with a file', async () => {
    const body = '--x\r\ncontent-disposition: form-data; name="f"; filename="a.txt"\r\n\r\nfile\r\n--x--\r\n';
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const reply = await bothWays('/sample/read?as=form', { method: 'POST', headers, body });
    expect(JSON.parse(reply.body)).toMatchObject({ seen: [['form', false, [['f', 'a.txt']]]] });
  });

  it('shows the same caller both ways', async () => {
    const principal = { identityProvider: 'aad', userId: '7', userDetails: 'ann', userRoles: ['reader'] };
    const encoded = Buffer.from(JSON.stringify(principal)).toString('base64');
    const reply = await bothWays('/sample/read', { headers: { 'x-ms-client-principal': encoded } });
    expect(JSON.parse(reply.body)).toMatchObject({ user: { id: '7', username: 'ann' } });
    await bothWays('/sample/read', { headers: { 'x-ms-client-principal': 'not base64 json' } });
  });

  it.each([
    '/sample/files/a%2Fb/c%20d/%E2%82%AC/%ff/%zz',
    '/sample/items/42?x=%41+b&x=2&y&=3&%zz=1#part',
    '/sample/items/-7',
    '/SAMPLE/Items/New',
    '/sample/plain/',
    '/sample/../sample/./plain',
    'http://other.test/sample/plain?a=1',
  ])('is routed the same both ways: %s', async (path) => {
    const reply = await bothWays(path);
    expect(reply.status).toBe(200);
  });
});
