import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCESS, functionsOf, type Group, GROUPS, ROLES } from '../../../shared/access/groups.ts';
import { readDefinition } from '../../../tools/model-folders.ts';
import {
  type AppStack,
  DEFAULT_MODEL,
  fraudRows,
  startAppStack,
  trainSmall,
} from '../../fixtures/app-stack.ts';
import { goodTransaction } from '../../fixtures/fraud-rows.ts';
import { AUDIENCE, type Issuer, startIssuer, TENANT } from '../../fixtures/token-issuer.ts';
import { registeredFunctions } from '../../unit/delivery/registered-functions.ts';

const access: Readonly<Record<string, Group | 'open'>> = ACCESS;

/** Every route of the app, for a model that is not there: what is let in does nothing. */
const routes = registeredFunctions().flatMap(({ name, bindings }) =>
  Object.values(bindings)
    .filter(({ type }) => type === 'httpTrigger')
    .map(({ methods, route }) => ({
      name,
      group: access[name],
      method: String(methods),
      path: `/${String(route)}`.replaceAll('{model}', 'no-such-model').replaceAll(/\{\w+\}/g, '1'),
    })),
);
const guarded = routes.filter(({ group }) => group !== 'open');
/** Statuses of those who are turned away. */
const AWAY = [401, 403];

/** One folder for both stacks: the model is trained once. */
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-access-'));
});
afterAll(async () => {
  await rm(home, { recursive: true, force: true });
});

async function callsOf(url: string, which: typeof routes, headers: Readonly<Record<string, string>> = {}) {
  return Promise.all(
    which.map(async ({ name, group, method, path }) => {
      const response = await fetch(url + path, { method, headers });
      return {
        name,
        group,
        status: response.status,
        challenge: response.headers.get('www-authenticate'),
        body: await response.text(),
      };
    }),
  );
}

describe('with keys asked for', () => {
  let running: AppStack;
  const keyOf = (group: string) => `a-key-of-the-group-${group}-0123456789`;

  beforeAll(async () => {
    // As in Azure a group has a key by having the same one on each of its functions.
    const functionKeys = Object.fromEntries(
      GROUPS.flatMap((group) => functionsOf(group).map((name) => [name, { [group]: keyOf(group) }])),
    );
    const keys = { masterKey: 'the-master-key', hostKeys: { default: 'the-host-key' }, functionKeys };
    await mkdir(join(home, 'host'), { recursive: true });
    await writeFile(join(home, 'host', 'keys.json'), JSON.stringify(keys));
    running = await startAppStack({}, home, { auth: true });
  }, 120_000);
  afterAll(async () => {
    await running.stop();
  });

  it('every route but the open ones answers 401 to nobody, and so does what is no key', async () => {
    for (const headers of [{}, { 'x-functions-key': 'wrong' }, { authorization: 'Bearer a.b.c' }]) {
      const answers = await callsOf(running.url, guarded, headers);
      expect(answers.filter(({ status }) => status !== 401)).toEqual([]);
    }
    const open = await callsOf(
      running.url,
      routes.filter(({ group }) => group === 'open'),
    );
    expect(open).toHaveLength(5);
    expect(open.filter(({ status }) => AWAY.includes(status))).toEqual([]);
  });

  it('a key of a group opens the routes of that group, and none of another', async () => {
    for (const group of GROUPS) {
      const answers = await callsOf(running.url, guarded, { 'x-functions-key': keyOf(group) });
      const letIn = answers.filter(({ status }) => status !== 401).map(({ name }) => name);
      expect(letIn.toSorted()).toEqual(functionsOf(group).toSorted());
      expect(answers.filter(({ status }) => status === 403 || status >= 500)).toEqual([]);
    }
  });

  it('has a route in a group for each of the API document', async () => {
    const headers = { 'x-functions-key': keyOf('read') };
    const response = await fetch(`${running.url}/api/openapi.json`, { headers });
    const { paths } = (await response.json()) as { paths: Record<string, Record<string, object>> };
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of Object.keys(methods)) {
        const url = running.url + path.replaceAll(/\{\w+\}/g, '1');
        const { status } = await fetch(url, { method: method.toUpperCase() });
        const isOpen = path === '/dashboard' || path.startsWith('/api/health/');
        expect([path, method, status]).toEqual([path, method, isOpen ? 200 : 401]);
      }
    }
  });
});

describe('with AUTH_MODE=entra', () => {
  const ADA = 'aaaaaaaa-0000-4000-8000-00000000000a';
  const BOB = 'bbbbbbbb-0000-4000-8000-00000000000b';
  let issuer: Issuer;
  let running: AppStack;

  beforeAll(async () => {
    issuer = await startIssuer();
    const env = {
      AUTH_MODE: 'entra',
      ENTRA_TENANT_ID: TENANT,
      ENTRA_AUDIENCE: AUDIENCE,
      ENTRA_AUTHORITY: issuer.authority,
    };
    running = await startAppStack(env, home, { auth: true });
    await trainSmall(running.app, await readDefinition(DEFAULT_MODEL), await fraudRows(), 2);
  }, 120_000);
  afterAll(async () => {
    await running.stop();
    await issuer.stop();
  });

  const bearer = async (oid: string, name: string, ...groups: Group[]) => {
    const claims = issuer.claims(Math.floor(Date.now() / 1_000), oid, ...groups.map((group) => ROLES[group]));
    return { authorization: `Bearer ${await issuer.sign({ ...claims, name })}` };
  };
  const send = async (path: string, headers: Record<string, string>, body?: object) => {
    const response = await fetch(`${running.url}/api/models/${DEFAULT_MODEL}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('every route but the open ones asks for a token, also who has a key', async () => {
    const answers = await callsOf(running.url, guarded, {
      'x-functions-key': 'a-key-of-the-group-score-0123456789',
    });
    for (const { name, status, challenge, body } of answers) {
      expect([name, status, challenge]).toEqual([name, 401, 'Bearer']);
      expect(JSON.parse(body)).toMatchObject({ status: 401, title: 'Who calls is not known' });
    }
    const open = await callsOf(
      running.url,
      routes.filter(({ group }) => group === 'open'),
    );
    expect(open.filter(({ status }) => AWAY.includes(status))).toEqual([]);
  });

  it('a role opens the routes of its group, and none of another', async () => {
    for (const group of GROUPS) {
      const headers = await bearer(ADA, 'Ada', group);
      const answers = await callsOf(running.url, guarded, headers);
      const letIn = answers.filter(({ status }) => !AWAY.includes(status));
      expect(letIn.map(({ name }) => name).toSorted()).toEqual(functionsOf(group).toSorted());
      expect(letIn.filter(({ status }) => status >= 500)).toEqual([]);
      const away = answers.filter(({ status }) => AWAY.includes(status));
      expect(new Set(away.map(({ status }) => status))).toEqual(new Set([403]));
      expect(away[0]?.challenge).toContain('insufficient_scope');
    }
  });

  it('a promotion is asked for, approved and aborted by who the tokens say, whatever the bodies say', async () => {
    // Nothing passes for want of data, so that it waits for a person at once.
    const plan = {
      shadow: { bake: '0s' },
      steps: [{ percent: 50, bake: '1h' }],
      checkEvery: '1s',
      extendAtMost: '0s',
      approval: 'every-step',
    };
    const ask = await bearer(ADA, 'Ada', 'operate', 'read', 'approve');
    const started = await send('/promotions', ask, { version: '2', plan, requestedBy: 'somebody else' });
    expect(started.status).toBe(202);
    const path = `/promotions/${String(started.body['promotionId'])}`;
    const promotion = async () => (await send(path, ask)).body;
    expect(await promotion()).toMatchObject({ requestedBy: `Ada (${ADA})` });
    await expect
      .poll(async () => (await promotion())['phase'], { timeout: 30_000 })
      .toBe('awaiting-approval');

    const renamed = await bearer(ADA, 'Bob', 'approve');
    expect(await send(`${path}/approve`, renamed, { approvedBy: `Bob (${BOB})` })).toMatchObject({
      status: 403,
    });
    const bob = await bearer(BOB, 'Ada', 'approve', 'operate');
    expect(await send(`${path}/approve`, bob, { approvedBy: `Ada (${ADA})`, reason: 'fine' })).toMatchObject({
      status: 200,
    });
    expect(await send(`${path}/abort`, bob, { abortedBy: 'nobody', reason: 'enough' })).toMatchObject({
      status: 200,
    });
    const { changes } = await promotion();
    expect(changes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ by: `Ada (${BOB})`, what: 'approved: fine' }),
        expect.objectContaining({ by: `Ada (${BOB})`, what: expect.stringMatching(/^aborted/) }),
      ]),
    );
    expect(JSON.stringify(changes)).not.toMatch(/nobody|somebody else/);
  });

  it('scores for who may, and asks for the keys once', async () => {
    const before = issuer.fetches();
    const headers = await bearer(ADA, 'Ada', 'score');
    const answers = await Promise.all(
      Array.from({ length: 5 }, async () => send('/score', headers, { transaction: goodTransaction })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(issuer.fetches()).toBe(before);
  });
});
