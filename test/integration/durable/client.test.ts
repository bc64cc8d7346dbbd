import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { appOfFile, ended, links, post, running } from './client-calls.ts';

const app = appOfFile();

/** What the management API answers to a start. */
const started = links.omit({ rewindPostUri: true }).strict().extend({ restartPostUri: z.string() });

describe('starting', () => {
  it('makes an id of 32 hex digits where none is given', async () => {
    expect(await app().start('chain')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('refuses an id that is running, and takes one that has ended', async () => {
    const instanceId = randomUUID();
    await app().start('waiter', {}, { instanceId });
    await expect(app().start('chain', {}, { instanceId })).rejects.toThrow('status code: 409');
    await app().call('raiseEvent', instanceId, 'go', 1);
    await app().ended(instanceId);
    await app().start('chain', {}, { instanceId });
    expect(await app().ended(instanceId)).toMatchObject({ name: 'chain' });
  });

  it('refuses an orchestrator that does not exist, and ids that Azure refuses', async () => {
    await expect(app().start('noSuch')).rejects.toThrow('status code: 400');
    await expect(app().start('chain', {}, { instanceId: '@a@b' })).rejects.toThrow('status code: 400');
  });

  it('answers the management URLs of the instance, through its own host', async () => {
    const response = await app().post('start/chain', { a: 1 });
    const body = links.parse(await response.json());
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe(body.statusQueryGetUri);
    expect(response.headers.get('retry-after')).toBe('10');
    for (const [name, url] of Object.entries(body)) {
      if (name !== 'id')
        expect(url).toContain(`${app().host.url}/runtime/webhooks/durabletask/instances/${body.id}`);
    }
    await app().ended(body.id);
    expect((await fetch(body.statusQueryGetUri)).status).toBe(200);
  });

  it('through the management API answers 202 with the same URLs, save that for rewinding', async () => {
    const id = randomUUID();
    const response = await post(app(), `orchestrators/seen/${id}?version=1.2.0`, '{"a":1}');
    expect(response.status).toBe(202);
    expect(started.parse(await response.json()).id).toBe(id);
    expect(response.headers.get('location')).toContain(`/instances/${id}`);
    expect(await app().output(id)).toMatchObject({ version: '1.2.0', input: { a: 1 } });
    expect((await post(app(), 'orchestrators/seen', '{no json')).status).toBe(400);
  });
});

describe('the status', () => {
  it('has input, output, times in whole seconds and no history unless asked for', async () => {
    const id = await ended(app());
    const status = await app().status(id, { showInput: true });
    expect(status).toMatchObject({
      name: 'chain',
      instanceId: id,
      runtimeStatus: 'Completed',
      input: {},
      output: ['Hello Tokyo', 'Hello Seattle', null],
      customStatus: null,
    });
    expect(status.createdTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.000)?Z$/);
    const raw = z.looseObject({}).parse(await (await app().api(`instances/${id}`)).json());
    expect(raw['historyEvents'] ?? null).toBeNull();
  });

  it('is 202 with a Location and Retry-After while running, 200 when ended, 404 when unknown', async () => {
    const id = await running(app());
    const response = await app().api(`instances/${id}`);
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toContain(`/instances/${id}`);
    expect(response.headers.get('retry-after')).toBe('5');
    await app().call('raiseEvent', id, 'go', 1);
    await app().ended(id);
    expect((await app().api(`instances/${id}`)).status).toBe(200);
    expect((await app().api('instances/unknown')).status).toBe(404);
    await expect(app().status('unknown')).rejects.toThrow('HTTP 404');
  });

  it('of a failed one is 500 only on request', async () => {
    const id = await app().start('throwing');
    await app().ended(id);
    expect((await app().api(`instances/${id}`)).status).toBe(200);
    expect((await app().api(`instances/${id}?returnInternalServerErrorOnFailure=true`)).status).toBe(500);
  });

  it('hides the input when asked to', async () => {
    const id = await app().start('waiter', { secret: 1 });
    expect(await (await app().api(`instances/${id}?showInput=false`)).json()).toMatchObject({ input: null });
    expect(await (await app().api(`instances/${id}`)).json()).toMatchObject({ input: { secret: 1 } });
  });
});

describe('waiting for the end', () => {
  it('answers the output', async () => {
    const id = await app().start('chain');
    const response = await fetch(`${app().host.url}/wait/${id}?timeout=20000`);
    expect([response.status, await response.json()]).toEqual([200, ['Hello Tokyo', 'Hello Seattle', null]]);
  });

  it('answers the URLs where it takes too long', async () => {
    const id = await running(app());
    const response = await fetch(`${app().host.url}/wait/${id}?timeout=60`);
    expect(response.status).toBe(202);
    expect(links.parse(await response.json()).id).toBe(id);
  });
});

describe('listing', () => {
  const listed = z.array(z.looseObject({ instanceId: z.string(), runtimeStatus: z.string() }));

  it('finds instances by status and time, and pages', async () => {
    const before = new Date().toISOString();
    const open = await running(app());
    const done = await ended(app());
    const byStatus = listed.parse(await app().call('getStatusBy', { runtimeStatus: ['Completed'] }));
    expect(new Set(byStatus.map(({ runtimeStatus }) => runtimeStatus))).toEqual(new Set(['Completed']));
    const ids = (instances: z.infer<typeof listed>) => instances.map(({ instanceId }) => instanceId);
    expect(ids(byStatus)).toContain(done);
    const recent = ids(listed.parse(await app().call('getStatusBy', { createdTimeFrom: before })));
    expect(recent.toSorted()).toEqual([open, done].toSorted());
    expect(await app().call('getStatusBy', { createdTimeTo: '2020-01-01T00:00:00Z' })).toEqual([]);
    expect(ids(listed.parse(await app().call('getStatusAll')))).toEqual(expect.arrayContaining(recent));
  });

  it('continues after the token of the page before', async () => {
    const prefix = `page-${randomUUID()}-`;
    const wanted = Array.from({ length: 5 }, (_, index) => `${prefix}${String(index)}`);
    for (const instanceId of wanted) await app().start('waiter', {}, { instanceId });
    const found: string[] = [];
    let token: string | null = null;
    let pages = 0;
    do {
      const headers: Record<string, string> = token === null ? {} : { 'x-ms-continuation-token': token };
      const response = await app().api(`instances?instanceIdPrefix=${prefix}&top=2`, { headers });
      const page = listed.parse(await response.json());
      expect(page.length).toBeLessThanOrEqual(2);
      found.push(...page.map(({ instanceId }) => instanceId));
      token = response.headers.get('x-ms-continuation-token');
      pages += 1;
    } while (token !== null && token !== '' && token !== 'null' && pages < 10);
    expect(found.toSorted()).toEqual(wanted);
  });
});

it('tells the app the name of its hub and the URLs of an instance', async () => {
  expect(await app().call('taskHubName')).toBe('Patterns');
  const urls = links.parse(await app().call('createHttpManagementPayload', 'some-id'));
  expect(urls.sendEventPostUri).toContain('/instances/some-id/raiseEvent/{eventName}');
  expect(urls.id).toBe('some-id');
});
