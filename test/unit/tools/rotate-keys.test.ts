import { createServer, type Server } from 'node:http';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FunctionKeys } from '../../../tools/rotate-keys/management.ts';
import { addKey, removeOldKeys } from '../../../tools/rotate-keys/rotate.ts';

const SITE = '/subscriptions/sub-1/resourceGroups/rg-bank/providers/Microsoft.Web/sites/tollgate';
const FUNCTIONS = ['score', 'score-model'];
const AT = new Date('2026-03-02T03:14:15.678Z');
const NAME = 'rotated-20260302t031415z';
const bodySchema = z.object({ properties: z.object({ name: z.string(), value: z.string() }) });

/** What Azure's management does with function keys, as far as it is documented. */
let server: Server;
let endpoint: string;
let keys: Record<string, Record<string, string>>;
let calls: string[];
/** The calls that fail, by what they contain. */
let failing: string | undefined;
/** Whether a key that was taken is forgotten. */
let forgets: boolean;

beforeEach(async () => {
  keys = {
    score: { default: 'old-1' },
    'score-model': { default: 'old-2' },
    approve: { default: 'another group' },
  };
  [calls, failing, forgets] = [[], undefined, false];
  server = createServer((request, response) => {
    const { method = '', headers } = request;
    const url = new URL(request.url ?? '', 'http://management');
    const answer = (status: number, body?: object) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    const [, name = '', rest = ''] =
      /^\/functions\/([^/]+)\/(.+)$/.exec(url.pathname.slice(SITE.length)) ?? [];
    const own = keys[name];
    calls.push(`${method} ${name}/${rest}`);
    if (!url.pathname.startsWith(SITE) || own === undefined)
      return answer(404, { error: { code: 'ResourceNotFound' } });
    if (headers.authorization !== 'Bearer a token')
      return answer(401, { error: { code: 'AuthenticationFailed' } });
    if (url.searchParams.get('api-version') === null) return answer(400);
    if (failing !== undefined && `${method} ${name}`.includes(failing))
      return answer(409, { error: { code: 'Conflict', message: 'the host is starting' } });
    if (method === 'POST' && rest === 'listkeys') return answer(200, own);
    const key = rest.replace(/^keys\//, '');
    if (method === 'DELETE') {
      const isThere = Object.hasOwn(own, key);
      delete own[key];
      return answer(isThere ? 204 : 404);
    }
    void text(request).then((body) => {
      const { properties } = bodySchema.parse(JSON.parse(body));
      if (!forgets) own[key] = properties.value;
      answer(201, properties);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = z.object({ port: z.int() }).parse(server.address());
  endpoint = `http://127.0.0.1:${address.port}`;
});
afterEach(async () => {
  await new Promise((done) => server.close(done));
});

function store(token = 'a token'): FunctionKeys {
  return new FunctionKeys(
    { endpoint, token: () => Promise.resolve(token) },
    { subscription: 'sub-1', resourceGroup: 'rg-bank', app: 'tollgate' },
  );
}

function add(value = 'new'): ReturnType<typeof addKey> {
  return addKey(store(), FUNCTIONS, { value, at: AT });
}

describe('a rotation of function keys', () => {
  it('has the old and the new key valid at once, then only the new one', async () => {
    expect(await add()).toEqual({ name: NAME, value: 'new', existing: false });
    expect(keys).toEqual({
      score: { default: 'old-1', [NAME]: 'new' },
      'score-model': { default: 'old-2', [NAME]: 'new' },
      approve: { default: 'another group' },
    });
    expect(await removeOldKeys(store(), FUNCTIONS)).toEqual({
      score: ['default'],
      'score-model': ['default'],
    });
    expect(keys).toEqual({
      score: { [NAME]: 'new' },
      'score-model': { [NAME]: 'new' },
      approve: { default: 'another group' },
    });
  });

  it('gives the same key when its first step is done again, and completes it', async () => {
    failing = 'PUT score-model';
    await expect(add()).rejects.toThrow(
      `PUT /functions/score-model/keys/${NAME} was answered 409: Conflict: the host is starting`,
    );
    failing = undefined;
    expect(await add('another')).toEqual({ name: NAME, value: 'new', existing: true });
    expect(keys['score-model']).toEqual({ default: 'old-2', [NAME]: 'new' });
    calls = [];
    await add('a third');
    expect(calls.filter((call) => call.startsWith('PUT'))).toEqual([]);
  });

  it('deletes nothing before every function has the new key', async () => {
    await expect(removeOldKeys(store(), FUNCTIONS)).rejects.toThrow('No rotation is under way');
    failing = 'PUT score-model';
    await expect(add()).rejects.toThrow('409');
    failing = undefined;
    await expect(removeOldKeys(store(), FUNCTIONS)).rejects.toThrow(`score-model lack the key '${NAME}'`);
    expect(keys['score']).toHaveProperty('default');
  });

  it('goes on where its second step was cut off, and may be done again', async () => {
    await add();
    failing = 'DELETE score-model';
    await expect(removeOldKeys(store(), FUNCTIONS)).rejects.toThrow('409');
    failing = undefined;
    expect(await removeOldKeys(store(), FUNCTIONS)).toEqual({ score: [], 'score-model': ['default'] });
    expect(await removeOldKeys(store(), FUNCTIONS)).toEqual({ score: [], 'score-model': [] });
  });

  it('is followed by the next one', async () => {
    await add();
    await removeOldKeys(store(), FUNCTIONS);
    const later = { value: 'newer', at: new Date(AT.getTime() + 1_000) };
    expect(await addKey(store(), FUNCTIONS, later)).toMatchObject({ value: 'newer', existing: false });
    await removeOldKeys(store(), FUNCTIONS);
    expect(Object.values(keys['score'] ?? {})).toEqual(['newer']);
  });

  it('fails where Azure does not have the key that it took, or refuses the caller, and never says a key', async () => {
    forgets = true;
    await expect(add('secret')).rejects.toThrow(`took the key '${NAME}' of 'score', and does not have it`);
    await expect(add('secret')).rejects.not.toThrow(/secret/);
    await expect(store('wrong').list('score')).rejects.toThrow('401: AuthenticationFailed');
    await expect(store().list('nothing')).rejects.toThrow('404: ResourceNotFound');
  });
});

describe('the command', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tollgate-keys-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function command(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
    const tool = resolve(import.meta.dirname, '../../../tools/rotate-keys.ts');
    const where = ['--subscription', 'sub-1', '--resource-group', 'rg-bank', '--app', 'tollgate'];
    const which = args.includes('--group') ? [] : ['--function', ...FUNCTIONS];
    const all = [tool, ...where, '--management-url', endpoint, ...args, ...which];
    return new Promise((done) => {
      const env = { PATH: process.env['PATH'], AZURE_MANAGEMENT_TOKEN: 'a token' };
      execFile(process.execPath, all, { env }, (error, stdout, stderr) =>
        done({ code: error === null ? 0 : error.code, stdout, stderr }),
      );
    });
  }

  it('writes the new key to a file for its owner, and to no output', async () => {
    const file = join(folder, 'key');
    const added = await command('--add', '--key-file', file);
    expect(added.code).toBe(0);
    const key = (await readFile(file, 'utf8')).trim();
    expect(key).toMatch(/^[\w-]{54}$/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(Object.values(keys['score'] ?? {})).toEqual(['old-1', key]);
    expect(added.stdout + added.stderr).not.toContain(key);
    const removed = await command('--remove-old');
    expect(JSON.parse(removed.stdout)).toEqual({
      removed: { score: ['default'], 'score-model': ['default'] },
    });
    expect(Object.values(keys['score-model'] ?? {})).toEqual([key]);
    expect(await command('--add')).toMatchObject({ code: 2, stdout: '' });
  });

  it('takes the functions of a group', async () => {
    keys['score-features'] = { default: 'old-3' };
    const file = join(folder, 'group-key');
    expect(await command('--add', '--key-file', file, '--group', 'score')).toMatchObject({ code: 0 });
    const key = (await readFile(file, 'utf8')).trim();
    const having = Object.entries(keys).filter(([, own]) => Object.values(own).includes(key));
    expect(having.map(([name]) => name)).toEqual(['score', 'score-model', 'score-features']);
    expect(await command('--remove-old', '--group', 'nobody')).toMatchObject({ code: 2 });
  });
});
