import { OrchestrationRuntimeStatus, type DurableClient } from 'durable-functions';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EVENT } from '../../../../local/durable/history.ts';
import { ApiServer, HUB, KEY } from './api-server.ts';

describe.each(['rpc', 'webhook'] as const)("the library's client over its %s address", (way) => {
  let server: ApiServer;
  let client: DurableClient;
  beforeEach(async () => {
    // Without it the library puts another host into the addresses.
    vi.stubEnv('WEBSITE_HOSTNAME', '127.0.0.1');
    server = await ApiServer.start();
    client = await server.client(way);
  });
  afterEach(async () => {
    await server.stop();
    vi.unstubAllEnvs();
  });

  it('starts an orchestration with an input, an id and a version', async () => {
    const id = await client.startNew('Hello', { instanceId: 'one', input: { text: 'ä€' }, version: '1.2.0' });
    expect(id).toBe('one');
    expect(server.store.find('one')).toMatchObject({
      name: 'Hello',
      version: '1.2.0',
      status: 'Pending',
      input: '{"text":"ä€"}',
    });
    expect(server.inbox('one')).toMatchObject([
      { EventType: EVENT.executionStarted, Name: 'Hello', Version: '1.2.0', Input: '{"text":"ä€"}' },
    ]);
  });

  it('starts one without any: the input is an empty text then, as on Azure', async () => {
    const id = await client.startNew('hello');
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(server.store.find(id)).toMatchObject({ input: '""', version: '' });
  });

  it('carries an input of 1 MiB there and back', async () => {
    const input = { text: 'x'.repeat(1_048_576) };
    const id = await client.startNew('Hello', { input });
    expect((await client.getStatus(id)).input).toEqual(input);
  });

  it('refuses what Azure refuses to start, each with the code that the error names', async () => {
    await expect(client.startNew('Unknown')).rejects.toThrow(/400.*'Hello', 'Second'/);
    await expect(client.startNew('Hello', { instanceId: '@a@b' })).rejects.toThrow(/400.*start with @/);
    await expect(client.startNew('Hello', { instanceId: 'x'.repeat(257) })).rejects.toThrow(/400.*256/);
    await client.startNew('Hello', { instanceId: 'x'.repeat(256) });
    await client.startNew('Hello', { instanceId: 'taken' });
    await expect(client.startNew('Second', { instanceId: 'taken' })).rejects.toThrow(/409/);
  });

  it('starts one in the place of one that has ended', async () => {
    await server.instance('again', { status: 'Completed', output: '1' });
    await client.startNew('Second', { instanceId: 'again', input: 2 });
    expect(server.store.find('again')).toMatchObject({ name: 'Second', status: 'Pending', output: null });
  });

  it('reads a status', async () => {
    const createdAt = Date.parse('2026-03-04T05:06:07.890Z');
    await server.instance('read', {
      customStatus: '{"stage":1}',
      createdAt,
      updatedAt: createdAt + 1_000,
    });
    const status = await client.getStatus('read');
    expect(status).toMatchObject({
      name: 'Hello',
      instanceId: 'read',
      runtimeStatus: 'Running',
      input: { a: 1 },
      output: null,
      customStatus: { stage: 1 },
    });
    // Whole seconds, as the extension writes them.
    expect(status.createdTime.toISOString()).toBe('2026-03-04T05:06:07.000Z');
    expect(status.lastUpdatedTime.toISOString()).toBe('2026-03-04T05:06:08.000Z');
    await expect(client.getStatus('nobody')).rejects.toThrow(/404/);
  });

  it('lists all instances, over pages', async () => {
    for (let index = 0; index < 250; index += 1) {
      await server.instance(`i${String(index).padStart(3, '0')}`, { status: 'Pending' });
    }
    const ids = (await client.getStatusAll()).map(({ instanceId }) => instanceId);
    expect(ids).toHaveLength(250);
    expect(new Set(ids).size).toBe(250);
  });

  it('lists instances of statuses and times', async () => {
    const at = (day: number) => Date.parse(`2026-01-0${String(day)}T00:00:00Z`);
    await server.instance('a', { status: 'Running', createdAt: at(1) });
    await server.instance('b', { status: 'Failed', createdAt: at(2) });
    await server.instance('c', { status: 'Completed', createdAt: at(3) });
    const ids = async (filter: Parameters<DurableClient['getStatusBy']>[0]) =>
      (await client.getStatusBy(filter)).map(({ instanceId }) => instanceId);
    const { Failed, Completed } = OrchestrationRuntimeStatus;
    expect(await ids({ runtimeStatus: [Failed, Completed] })).toEqual(['b', 'c']);
    expect(await ids({ createdTimeFrom: new Date(at(2)) })).toEqual(['b', 'c']);
    expect(await ids({ createdTimeTo: new Date(at(2)) })).toEqual(['a', 'b']);
    expect(await ids({ createdTimeFrom: new Date(at(2)), runtimeStatus: [Completed] })).toEqual(['c']);
  });

  it('raises events, but never silently loses one for an unknown instance', async () => {
    await server.instance('waits');
    await client.raiseEvent('waits', 'go ahead', { ok: true });
    expect(server.inbox('waits')).toMatchObject([
      { EventType: EVENT.eventRaised, Name: 'go ahead', Input: '{"ok":true}', EventId: -1 },
    ]);
    await expect(client.raiseEvent('nobody', 'go', 1)).rejects.toThrow("No instance with ID 'nobody'");
  });

  it('loses an event for an ended instance, and one without data is an error, as on Azure', async () => {
    await server.instance('over', { status: 'Completed' });
    await client.raiseEvent('over', 'go', 1);
    await server.instance('waits');
    await expect(client.raiseEvent('waits', 'go', undefined)).rejects.toThrow(/400/);
    expect(server.inbox('waits')).toEqual([]);
  });

  it('terminates, suspends and resumes', async () => {
    await server.instance('one');
    await client.suspend('one', 'a pause');
    await client.terminate('one', 'no need');
    expect(server.inbox('one')).toMatchObject([
      { EventType: EVENT.executionSuspended, Reason: 'a pause' },
      { EventType: EVENT.executionTerminated, Input: 'no need' },
    ]);
    server.move('one', { status: 'Suspended' });
    await client.resume('one', 'on with it');
    expect(server.inbox('one')).toMatchObject([{ EventType: EVENT.executionResumed, Reason: 'on with it' }]);
    for (const operation of ['terminate', 'suspend', 'resume'] as const) {
      await expect(client[operation]('nobody', 'x')).rejects.toThrow("No instance with ID 'nobody'");
    }
  });

  it('is refused a rewind in words that say why', async () => {
    await server.instance('failed', { status: 'Failed' });
    await server.instance('running');
    await expect(client.rewind('failed', 'x')).rejects.toThrow(
      'The rewind operation is not supported by this task hub.',
    );
    await expect(client.rewind('running', 'x')).rejects.toThrow(
      /only supported on failed.*"running" is Running/,
    );
    await expect(client.rewind('nobody', 'x')).rejects.toThrow("No instance with ID 'nobody'");
  });

  it('purges an ended instance, and no running one', async () => {
    await server.instance('over', { status: 'Terminated' });
    await server.instance('running');
    expect(await client.purgeInstanceHistory('over')).toEqual({ instancesDeleted: 1 });
    expect(await client.purgeInstanceHistory('over')).toEqual({ instancesDeleted: 0 });
    await expect(client.purgeInstanceHistory('running')).rejects.toThrow(/412/);
  });

  it('purges ended instances of a time', async () => {
    const at = (day: number) => Date.parse(`2026-01-0${String(day)}T00:00:00Z`);
    for (const day of [1, 2, 3]) {
      await server.instance(`done${String(day)}`, { status: 'Completed', createdAt: at(day) });
      await server.instance(`failed${String(day)}`, { status: 'Failed', createdAt: at(day) });
    }
    const from = new Date(at(2));
    const runtimeStatus = [OrchestrationRuntimeStatus.Failed];
    const purged = await client.purgeInstanceHistoryBy({ createdTimeFrom: from, runtimeStatus });
    expect(purged).toEqual({ instancesDeleted: 2 });
    expect(await client.purgeInstanceHistoryBy({ createdTimeFrom: from })).toEqual({ instancesDeleted: 2 });
    expect(await client.purgeInstanceHistoryBy({ createdTimeFrom: from })).toEqual({ instancesDeleted: 0 });
    expect((await client.getStatusAll()).map(({ instanceId }) => instanceId)).toEqual(['done1', 'failed1']);
  });

  it('waits for the end', async () => {
    await server.instance('done', { status: 'Completed', output: '{"sum":3}' });
    await server.instance('broken', { status: 'Failed', output: 'no JSON: it broke' });
    await server.instance('running');
    const wait = async (id: string) => {
      const options = { timeoutInMilliseconds: 30, retryIntervalInMilliseconds: 10 };
      const request = { url: `${server.origin}/api/x` };
      const response = await client.waitForCompletionOrCreateCheckStatusResponse(
        Object.assign(Object.create(null), request),
        id,
        options,
      );
      return { status: response.status, body: await response.json() };
    };
    expect(await wait('done')).toEqual({ status: 200, body: { sum: 3 } });
    expect(await wait('broken')).toMatchObject({ status: 500, body: { output: 'no JSON: it broke' } });
    expect(await wait('running')).toMatchObject({ status: 202, body: { id: 'running' } });
  });

  it('gives addresses of an instance that work', async () => {
    await server.instance('known', { status: 'Completed' });
    const urls = client.createHttpManagementPayload('known');
    expect(urls.id).toBe('known');
    expect((await fetch(urls.statusQueryGetUri)).status).toBe(200);
    expect((await fetch(urls.statusQueryGetUri.replace(/&code=.*/, ''))).status).toBe(401);
    expect((await fetch(urls.purgeHistoryDeleteUri, { method: 'DELETE' })).status).toBe(200);
  });

  it('signals an entity and reads its state', async () => {
    const counter = { name: 'Counter', key: 'k 1' };
    expect(await client.readEntityState(counter)).toEqual({ entityExists: false });
    await client.signalEntity(counter, 'add', 5);
    await client.signalEntity(counter, 'reset');
    expect(server.requests('@counter@k 1')).toMatchObject([
      {
        op: 'add',
        signal: true,
        input: '5',
        id: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
      },
      { op: 'reset', signal: true },
    ]);
    server.move('@counter@k 1', { input: JSON.stringify({ exists: true, state: '{"value":5}' }) });
    expect(await client.readEntityState(counter)).toEqual({ entityExists: true, entityState: { value: 5 } });
    await expect(client.signalEntity({ name: 'unknown', key: 'k' }, 'add')).rejects.toThrow(
      /400.*entity function/,
    );
  });

  it('knows the hub', () => {
    expect(client.taskHubName).toBe(HUB);
    expect(client.createHttpManagementPayload('x').terminatePostUri).toContain(
      `?reason={text}&taskHub=${HUB}&connection=Storage&code=${encodeURIComponent(KEY)}`,
    );
  });
});
