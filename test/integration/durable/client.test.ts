import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DurableApp } from './durable-app.ts';

let app: DurableApp;
beforeAll(async () => {
  app = await DurableApp.start();
});
afterAll(async () => {
  await app.stop();
});

const post = (path: string, body?: string) =>
  app.api(path, {
    method: 'POST',
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
  });

const links = z.object({
  id: z.string(),
  statusQueryGetUri: z.string(),
  sendEventPostUri: z.string(),
  terminatePostUri: z.string(),
  rewindPostUri: z.string(),
  purgeHistoryDeleteUri: z.string(),
  suspendPostUri: z.string(),
  resumePostUri: z.string(),
});

/** What the management API answers to a start. */
const started = links.omit({ rewindPostUri: true }).strict().extend({ restartPostUri: z.string() });

async function running(name = 'waiter'): Promise<string> {
  const id = await app.start(name);
  await app.until(id, ({ runtimeStatus }) => runtimeStatus === 'Running');
  return id;
}

async function ended(): Promise<string> {
  const id = await app.start('chain');
  await app.ended(id);
  return id;
}

describe('starting', () => {
  it('makes an id of 32 hex digits where none is given', async () => {
    expect(await app.start('chain')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('refuses an id that is running, and takes one that has ended', async () => {
    const instanceId = randomUUID();
    await app.start('waiter', {}, { instanceId });
    await expect(app.start('chain', {}, { instanceId })).rejects.toThrow('status code: 409');
    await app.call('raiseEvent', instanceId, 'go', 1);
    await app.ended(instanceId);
    await app.start('chain', {}, { instanceId });
    expect(await app.ended(instanceId)).toMatchObject({ name: 'chain' });
  });

  it('refuses an orchestrator that does not exist, and ids that Azure refuses', async () => {
    await expect(app.start('noSuch')).rejects.toThrow('status code: 400');
    await expect(app.start('chain', {}, { instanceId: '@a@b' })).rejects.toThrow('status code: 400');
  });

  it('answers the management URLs of the instance, through its own host', async () => {
    const response = await app.post('start/chain', { a: 1 });
    const body = links.parse(await response.json());
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe(body.statusQueryGetUri);
    expect(response.headers.get('retry-after')).toBe('10');
    for (const [name, url] of Object.entries(body)) {
      if (name !== 'id')
        expect(url).toContain(`${app.host.url}/runtime/webhooks/durabletask/instances/${body.id}`);
    }
    await app.ended(body.id);
    expect((await fetch(body.statusQueryGetUri)).status).toBe(200);
  });

  it('through the management API answers 202 with the same URLs, save that for rewinding', async () => {
    const id = randomUUID();
    const response = await post(`orchestrators/seen/${id}?version=1.2.0`, '{"a":1}');
    expect(response.status).toBe(202);
    expect(started.parse(await response.json()).id).toBe(id);
    expect(response.headers.get('location')).toContain(`/instances/${id}`);
    expect(await app.output(id)).toMatchObject({ version: '1.2.0', input: { a: 1 } });
    expect((await post('orchestrators/seen', '{no json')).status).toBe(400);
  });
});

describe('the status', () => {
  it('has input, output, times in whole seconds and no history unless asked for', async () => {
    const id = await ended();
    const status = await app.status(id, { showInput: true });
    expect(status).toMatchObject({
      name: 'chain',
      instanceId: id,
      runtimeStatus: 'Completed',
      input: {},
      output: ['Hello Tokyo', 'Hello Seattle', null],
      customStatus: null,
    });
    expect(status.createdTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.000)?Z$/);
    const raw = z.looseObject({}).parse(await (await app.api(`instances/${id}`)).json());
    expect(raw['historyEvents'] ?? null).toBeNull();
  });

  it('is 202 with a Location and Retry-After while running, 200 when ended, 404 when unknown', async () => {
    const id = await running();
    const response = await app.api(`instances/${id}`);
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toContain(`/instances/${id}`);
    expect(response.headers.get('retry-after')).toBe('5');
    await app.call('raiseEvent', id, 'go', 1);
    await app.ended(id);
    expect((await app.api(`instances/${id}`)).status).toBe(200);
    expect((await app.api('instances/unknown')).status).toBe(404);
    await expect(app.status('unknown')).rejects.toThrow('HTTP 404');
  });

  it('of a failed one is 500 only on request', async () => {
    const id = await app.start('throwing');
    await app.ended(id);
    expect((await app.api(`instances/${id}`)).status).toBe(200);
    expect((await app.api(`instances/${id}?returnInternalServerErrorOnFailure=true`)).status).toBe(500);
  });

  it('hides the input when asked to', async () => {
    const id = await app.start('waiter', { secret: 1 });
    expect(await (await app.api(`instances/${id}?showInput=false`)).json()).toMatchObject({ input: null });
    expect(await (await app.api(`instances/${id}`)).json()).toMatchObject({ input: { secret: 1 } });
  });
});

describe('waiting for the end', () => {
  it('answers the output', async () => {
    const id = await app.start('chain');
    const response = await fetch(`${app.host.url}/wait/${id}?timeout=20000`);
    expect([response.status, await response.json()]).toEqual([200, ['Hello Tokyo', 'Hello Seattle', null]]);
  });

  it('answers the URLs where it takes too long', async () => {
    const id = await running();
    const response = await fetch(`${app.host.url}/wait/${id}?timeout=60`);
    expect(response.status).toBe(202);
    expect(links.parse(await response.json()).id).toBe(id);
  });
});

describe('an event', () => {
  it('is 202 for a running instance, 404 for none, 410 for an ended one', async () => {
    const id = await running();
    expect((await post(`instances/${id}/raiseEvent/other`, '1')).status).toBe(202);
    expect((await post('instances/unknown/raiseEvent/go', '1')).status).toBe(404);
    await expect(app.call('raiseEvent', 'unknown', 'go', 1)).rejects.toThrow("No instance with ID 'unknown'");
    const over = await ended();
    expect((await post(`instances/${over}/raiseEvent/go`, '1')).status).toBe(410);
    await app.call('raiseEvent', over, 'go', 1);
  });

  it('without data, and one that is no JSON, is refused', async () => {
    const id = await running();
    await expect(app.call('raiseEvent', id, 'go')).rejects.toThrow('status code: 400');
    expect((await post(`instances/${id}/raiseEvent/go`, '{')).status).toBe(400);
    const text = await app.api(`instances/${id}/raiseEvent/go`, { method: 'POST', body: 'plain' });
    expect(text.status).toBe(400);
  });
});

describe('terminating', () => {
  it('ends an instance with the reason as its output', async () => {
    const id = await running();
    await app.call('terminate', id, 'no longer needed');
    expect(await app.ended(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'no longer needed' });
  });

  it('is 404 for none and 410 for an ended one', async () => {
    expect((await post('instances/unknown/terminate?reason=x')).status).toBe(404);
    expect((await post(`instances/${await ended()}/terminate?reason=x`)).status).toBe(410);
  });

  it('lets a reason be cut at an ampersand, which the library does not encode', async () => {
    const id = await running();
    await app.call('terminate', id, 'a&b');
    expect(await app.ended(id)).toMatchObject({ output: 'a' });
  });
});

describe('suspending', () => {
  it('holds an instance and its events, until it is resumed', async () => {
    const id = await running('stages');
    await app.call('suspend', id, 'a pause');
    await app.until(id, ({ runtimeStatus }) => runtimeStatus === 'Suspended');
    expect((await app.api(`instances/${id}`)).status).toBe(202);
    for (const number of [1, 2, 3]) await app.call('raiseEvent', id, 'next', number);
    // Also on Azure the orchestrator is shown events that wait: so far it gets, and no further.
    const held = await app.until(id, ({ customStatus }) => JSON.stringify(customStatus).includes('three'));
    expect(held.runtimeStatus).toBe('Suspended');
    await app.call('resume', id, 'on with it');
    expect(await app.output(id)).toBe('done');
  });

  it('can be ended by terminating', async () => {
    const id = await running();
    await app.call('suspend', id, 'a pause');
    await app.until(id, ({ runtimeStatus }) => runtimeStatus === 'Suspended');
    await app.call('terminate', id, 'enough');
    expect(await app.ended(id)).toMatchObject({ runtimeStatus: 'Terminated' });
  });

  it('is 404 for none and 410 for an ended one, as is resuming', async () => {
    const over = await ended();
    for (const operation of ['suspend', 'resume']) {
      expect((await post(`instances/unknown/${operation}?reason=x`)).status).toBe(404);
      expect((await post(`instances/${over}/${operation}?reason=x`)).status).toBe(410);
    }
  });
});

describe('rewinding', () => {
  it('is refused in words', async () => {
    const id = await app.start('throwing');
    await app.ended(id);
    await expect(app.call('rewind', id, 'try again')).rejects.toThrow(/not supported/);
    await expect(app.call('rewind', 'unknown', 'try again')).rejects.toThrow(/unknown|not find/i);
    await expect(app.call('rewind', await running(), 'try again')).rejects.toThrow(/rewind/i);
  });
});

describe('purging', () => {
  it('forgets an ended instance with its history', async () => {
    const id = await ended();
    expect(await app.call('purgeInstanceHistory', id)).toEqual({ instancesDeleted: 1 });
    expect((await app.api(`instances/${id}`)).status).toBe(404);
    expect(await app.call('purgeInstanceHistory', id)).toEqual({ instancesDeleted: 0 });
  });

  it('forgets those of a time and a status', async () => {
    const from = new Date(Date.now() - 1_000).toISOString();
    const [done, failed, open] = [await ended(), await app.start('throwing'), await running()];
    await app.ended(failed);
    const purged = await app.call('purgeInstanceHistoryBy', {
      createdTimeFrom: from,
      runtimeStatus: ['Failed'],
    });
    expect(purged).toEqual({ instancesDeleted: expect.any(Number) });
    const codes = await Promise.all(
      [done, failed, open].map(async (id) => (await app.api(`instances/${id}`)).status),
    );
    expect(codes).toEqual([200, 404, 202]);
  });

  it('asks for a beginning of the time', async () => {
    const response = await app.api('instances?runtimeStatus=Failed', { method: 'DELETE' });
    expect(response.status).toBe(400);
  });
});

describe('listing', () => {
  const listed = z.array(z.looseObject({ instanceId: z.string(), runtimeStatus: z.string() }));

  it('finds instances by status and time, and pages', async () => {
    const before = new Date().toISOString();
    const open = await running();
    const done = await ended();
    const byStatus = listed.parse(await app.call('getStatusBy', { runtimeStatus: ['Completed'] }));
    expect(new Set(byStatus.map(({ runtimeStatus }) => runtimeStatus))).toEqual(new Set(['Completed']));
    const ids = (instances: z.infer<typeof listed>) => instances.map(({ instanceId }) => instanceId);
    expect(ids(byStatus)).toContain(done);
    const recent = ids(listed.parse(await app.call('getStatusBy', { createdTimeFrom: before })));
    expect(recent.toSorted()).toEqual([open, done].toSorted());
    expect(await app.call('getStatusBy', { createdTimeTo: '2020-01-01T00:00:00Z' })).toEqual([]);
    expect(ids(listed.parse(await app.call('getStatusAll')))).toEqual(expect.arrayContaining(recent));
  });

  it('continues after the token of the page before', async () => {
    const prefix = `page-${randomUUID()}-`;
    const wanted = Array.from({ length: 5 }, (_, index) => `${prefix}${String(index)}`);
    for (const instanceId of wanted) await app.start('waiter', {}, { instanceId });
    const found: string[] = [];
    let token: string | null = null;
    let pages = 0;
    do {
      const headers: Record<string, string> = token === null ? {} : { 'x-ms-continuation-token': token };
      const response = await app.api(`instances?instanceIdPrefix=${prefix}&top=2`, { headers });
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
  expect(await app.call('taskHubName')).toBe('Patterns');
  const urls = links.parse(await app.call('createHttpManagementPayload', 'some-id'));
  expect(urls.sendEventPostUri).toContain('/instances/some-id/raiseEvent/{eventName}');
  expect(urls.id).toBe('some-id');
});
