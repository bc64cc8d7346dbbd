import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EVENT, type HistoryEvent } from '../../../../local/durable/history.ts';
import { startOrchestration } from '../../../../local/durable/api/start-orchestration.ts';
import { ApiServer, HUB, KEY } from './api-server.ts';

let server: ApiServer;
beforeEach(async () => {
  server = await ApiServer.start();
});
afterEach(async () => {
  await server.stop();
});

const status = async (response: Promise<Response>) => (await response).status;
const json = async (response: Promise<Response>) => {
  const body: unknown = await (await response).json();
  return body;
};

describe('a start', () => {
  it('answers where to ask for the instance', async () => {
    const response = await server.post('orchestrators/Hello/one?code=x', '1');
    const base = `${server.origin}/runtime/webhooks/durabletask/instances/one`;
    const query = `taskHub=${HUB}&connection=Storage&code=${encodeURIComponent(KEY)}`;
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe(`${base}?${query}`);
    expect(response.headers.get('retry-after')).toBe('10');
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toEqual({
      id: 'one',
      statusQueryGetUri: `${base}?${query}`,
      sendEventPostUri: `${base}/raiseEvent/{eventName}?${query}`,
      terminatePostUri: `${base}/terminate?reason={text}&${query}`,
      purgeHistoryDeleteUri: `${base}?${query}`,
      restartPostUri: `${base}/restart?${query}`,
      suspendPostUri: `${base}/suspend?reason={text}&${query}`,
      resumePostUri: `${base}/resume?reason={text}&${query}`,
    });
  });

  it('without a body has no input, and one that is no JSON is refused', async () => {
    await server.post('orchestrators/Hello/none', '');
    expect(server.store.find('none')?.input).toBeNull();
    const response = await server.post('orchestrators/Hello/bad', '{"a":');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ Message: 'Invalid JSON content' });
    expect(server.store.find('bad')).toBeUndefined();
  });

  it.each(['a%5Cb', 'a%23b', 'a%3Fb', 'a%2Fb', 'a%07b', 'a%C2%85b', '%40a'])(
    'refuses the id %s',
    async (id) => {
      expect(await status(server.post(`orchestrators/Hello/${id}`, '1'))).toBe(400);
    },
  );

  it('decodes an id once', async () => {
    await server.post('orchestrators/Hello/50%25%20done', '1');
    expect(server.store.find('50% done')).toBeDefined();
    expect(await status(server.post('orchestrators/Hello/50%', '1'))).toBe(400);
  });

  it('is told to both of two at the same moment, and one instance runs', async () => {
    const start = (input: string) =>
      startOrchestration(server.context, { name: 'Hello', instanceId: 'same', input, version: undefined });
    expect(await Promise.all([start('1'), start('2')])).toEqual(['same', 'same']);
    expect(server.inbox('same')).toMatchObject([{ EventType: EVENT.executionStarted, Input: '1' }]);
    expect(await status(server.post('orchestrators/Hello/same', '3'))).toBe(409);
    server.move('same', { status: 'Completed' });
    await Promise.all([start('4'), start('5')]);
    expect(server.inbox('same')).toMatchObject([{ EventType: EVENT.executionStarted, Input: '4' }]);
  });

  it('takes the version of host.json where the caller names none', async () => {
    const versioned = await ApiServer.start({ defaultVersion: '2.0.0' });
    await versioned.post('orchestrators/Hello/a', '1');
    await versioned.post('orchestrators/Hello/b?version=1.0.0', '1');
    expect(['a', 'b'].map((id) => versioned.store.find(id)?.version)).toEqual(['2.0.0', '1.0.0']);
    await versioned.stop();
  });

  it('takes the place of a running instance only where host.json says so', async () => {
    const any = await ApiServer.start({ overridableExistingInstanceStates: 'AnyState' });
    await any.instance('id');
    expect(await status(any.post('orchestrators/Second/id', '1'))).toBe(202);
    expect(any.store.find('id')).toMatchObject({ name: 'Second', status: 'Pending' });
    await any.stop();
  });

  it('waits for the end where the caller asks for it', async () => {
    const waiting = server.post('orchestrators/Hello/w?timeout=20&pollingInterval=0.01', '1');
    await expect.poll(() => server.store.find('w'), { interval: 5 }).toBeDefined();
    server.move('w', { status: 'Completed', output: '"result"' });
    expect(await json(waiting)).toBe('result');
    const late = await server.post('orchestrators/Hello/l?timeout=0.03&pollingInterval=0.01', '1');
    expect([late.status, await late.json()]).toMatchObject([202, { id: 'l' }]);
    expect(await status(server.post('orchestrators/Hello/x?timeout=1&pollingInterval=2', '1'))).toBe(400);
  });
});

describe('a restart', () => {
  it('starts the function again with the same input, under a new id or the old one', async () => {
    await server.instance('done', { status: 'Completed' });
    const { id } = Object(await json(server.post('instances/done/restart')));
    expect(server.store.find(String(id))).toMatchObject({
      name: 'Hello',
      input: '{"a":1}',
      status: 'Pending',
    });
    expect(id).not.toBe('done');
    await server.post('instances/done/restart?restartWithNewInstanceId=false');
    expect(server.store.find('done')).toMatchObject({ status: 'Pending', input: '{"a":1}' });
    const again = server.post('instances/done/restart?restartWithNewInstanceId=false');
    expect(await status(again)).toBe(409);
    expect(await json(server.post('instances/nobody/restart'))).toMatchObject({
      Message: 'InstanceId does not match a valid orchestration instance.',
    });
  });
});

describe('a status', () => {
  it.each(['Pending', 'Running', 'Suspended'] as const)(
    'of one that is %s is 202 with where to look again',
    async (name) => {
      await server.instance('id', { status: name });
      const response = await server.fetch('instances/id?showInput=true');
      expect(response.status).toBe(202);
      expect(response.headers.get('location')).toBe(
        `${server.origin}/durabletask/instances/id?showInput=true`,
      );
      expect(response.headers.get('retry-after')).toBe('5');
    },
  );

  it.each(['Completed', 'Failed', 'Terminated', 'Canceled'] as const)(
    'of one that is %s is 200',
    async (name) => {
      await server.instance('id', { status: name });
      const response = await server.fetch('instances/id');
      expect([response.status, response.headers.get('location')]).toEqual([200, null]);
    },
  );

  it('of a failed one is 500 where the caller asks for that, and of others not', async () => {
    await server.instance('failed', { status: 'Failed' });
    await server.instance('done', { status: 'Completed' });
    const path = (id: string) => `instances/${id}?returnInternalServerErrorOnFailure=TRUE`;
    expect(await status(server.fetch(path('failed')))).toBe(500);
    expect(await status(server.fetch(path('done')))).toBe(200);
  });

  it('has the members that callers read, and history only where they ask for it', async () => {
    await server.instance('id', { status: 'Terminated', output: 'no need', customStatus: '1' });
    expect(await json(server.fetch('instances/id?showInput=false'))).toEqual({
      name: 'Hello',
      instanceId: 'id',
      runtimeStatus: 'Terminated',
      input: null,
      customStatus: 1,
      output: 'no need',
      createdTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      lastUpdatedTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
  });

  it('tells the history as the extension does', async () => {
    const at = (second: number) => `2026-01-01T00:00:0${String(second)}.000Z`;
    const common = (EventId: number, second: number) => ({ EventId, IsPlayed: true, Timestamp: at(second) });
    const events: HistoryEvent[] = [
      { ...common(-1, 0), EventType: EVENT.orchestratorStarted },
      {
        ...common(0, 1),
        EventType: EVENT.taskScheduled,
        Name: 'SayHello',
        Version: '',
        Input: '["Tokyo"]',
      },
      { ...common(-1, 2), EventType: EVENT.taskCompleted, TaskScheduledId: 0, Result: '"Hello Tokyo!"' },
      { ...common(1, 3), EventType: EVENT.timerCreated, FireAt: at(4) },
      { ...common(-1, 4), EventType: EVENT.timerFired, TimerId: 1, FireAt: at(4) },
      {
        ...common(2, 5),
        EventType: EVENT.taskScheduled,
        Name: 'Open',
        Version: '',
        Input: null,
      },
      { ...common(-1, 6), EventType: EVENT.orchestratorCompleted },
      {
        ...common(3, 7),
        EventType: EVENT.executionCompleted,
        OrchestrationStatus: 'Completed',
        Result: '[1]',
        FailureDetails: null,
      },
    ];
    await server.instance('id', { status: 'Completed' }, events);
    const { historyEvents } = Object(
      await json(server.fetch('instances/id?showHistory=true&showHistoryOutput=true')),
    );
    // The example of Microsoft's documentation of this API has these members.
    expect(historyEvents).toEqual([
      {
        EventType: 'TaskCompleted',
        Timestamp: at(2),
        ScheduledTime: at(1),
        FunctionName: 'SayHello',
        Input: '["Tokyo"]',
        Result: 'Hello Tokyo!',
      },
      { EventType: 'TimerCreated', Timestamp: at(3), FireAt: at(4) },
      { EventType: 'TimerFired', Timestamp: at(4), FireAt: at(4) },
      { EventType: 'TaskScheduled', Timestamp: at(5), Name: 'Open', Input: null },
      {
        EventType: 'ExecutionCompleted',
        Timestamp: at(7),
        OrchestrationStatus: 'Completed',
        Result: [1],
        FailureDetails: null,
      },
    ]);
    const bare = JSON.stringify(await json(server.fetch('instances/id?showHistory=true&showInput=false')));
    expect(bare).not.toMatch(/Result|"Input"/);
    expect(bare).toContain('SayHello');
  });
});

describe('a listing', () => {
  it('pages by a token, and filters by the beginning of ids', async () => {
    for (const id of ['b1', 'a1', 'a3', 'a2']) await server.instance(id);
    const first = await server.fetch('instances?instanceIdPrefix=a&top=2&showInput=false');
    expect(await first.json()).toMatchObject([
      { instanceId: 'a1', input: null },
      { instanceId: 'a2', input: null },
    ]);
    const token = first.headers.get('x-ms-continuation-token') ?? '';
    const next = await server.fetch('instances/?instanceIdPrefix=a&top=2', {
      headers: { 'x-ms-continuation-token': token },
    });
    expect(await next.json()).toMatchObject([{ instanceId: 'a3' }]);
    expect(next.headers.get('x-ms-continuation-token')).toBe('');
    const wrong = server.fetch('instances', { headers: { 'x-ms-continuation-token': 'guessed' } });
    expect(await status(wrong)).toBe(400);
  });

  it('takes no notice of conditions that it cannot read', async () => {
    await server.instance('a');
    expect(
      await json(server.fetch('instances?runtimeStatus=running&createdTimeFrom=once&top=x')),
    ).toHaveLength(1);
  });

  it('of entities has those that exist, with their states where the caller asks for them', async () => {
    for (const [key, input] of [
      ['a', { exists: true, state: '{"n":1}' }],
      ['b', {}],
      ['c', { exists: true, state: '2' }],
    ] as const) {
      await server.post(`entities/counter/${key}?op=add`, '1');
      server.move(`@counter@${key}`, { input: JSON.stringify(input) });
    }
    const entityId = (key: string) => ({ name: 'counter', key });
    expect(await json(server.fetch('entities/counter?fetchState=true'))).toMatchObject([
      { entityId: entityId('a'), state: { n: 1 } },
      { entityId: entityId('c'), state: 2 },
    ]);
    const page = await server.fetch('entities?top=1', {});
    expect(await page.json()).toMatchObject([{ entityId: entityId('a'), state: null }]);
    const rest = await server.fetch('entities?top=1', {
      headers: { 'x-ms-continuation-token': page.headers.get('x-ms-continuation-token') ?? '' },
    });
    expect(await rest.json()).toMatchObject([{ entityId: entityId('c') }]);
    expect(await json(server.fetch('entities/other'))).toEqual([]);
    expect(await json(server.fetch('entities?lastOperationTimeFrom=2100-01-01T00:00:00Z'))).toEqual([]);
  });
});

describe('an operation', () => {
  it('on an ended instance is 410, and on none 404', async () => {
    await server.instance('over', { status: 'Failed' });
    for (const path of ['raiseEvent/x', 'terminate', 'suspend', 'resume']) {
      expect(await status(server.post(`instances/over/${path}`, '1'))).toBe(410);
      expect(await status(server.post(`instances/nobody/${path}`, '1'))).toBe(404);
    }
  });

  it('to suspend what is suspended, or to resume what is not, is an error as in the extension', async () => {
    await server.instance('suspended', { status: 'Suspended' });
    await server.instance('running');
    const twice = await server.post('instances/suspended/suspend?reason=x');
    expect([twice.status, await twice.json()]).toMatchObject([500, { ExceptionMessage: /Suspended state/ }]);
    expect(await status(server.post('instances/running/resume?reason=x'))).toBe(500);
  });

  it('that an entity does not take is refused', async () => {
    await server.post('entities/counter/k?op=add', '1');
    expect(await status(server.post('instances/@counter@k/terminate?reason=x'))).toBe(400);
    expect(await status(server.post('instances/@counter@k/raiseEvent/op', '1'))).toBe(400);
    expect(server.inbox('@counter@k')).toHaveLength(1);
  });

  it('takes events only as JSON', async () => {
    await server.instance('id');
    expect(await json(server.post('instances/id/raiseEvent/go', '1', 'text/plain'))).toEqual({
      Message: 'Only application/json request content is supported',
    });
    for (const body of ['', '{', 'text', '1 2']) {
      expect(await status(server.post('instances/id/raiseEvent/go', body))).toBe(400);
    }
    expect(
      await status(server.post('instances/id/RaiseEvent/go', ' null ', 'Application/JSON; charset=utf-8')),
    ).toBe(202);
    expect(server.inbox('id')).toMatchObject([{ Name: 'go', Input: 'null' }]);
  });

  it('keeps an event of several MiB, and refuses one beyond the bound', async () => {
    await server.instance('id');
    const large = JSON.stringify('x'.repeat(5 * 1_024 * 1_024));
    expect(await status(server.post('instances/id/raiseEvent/go', large))).toBe(202);
    expect(server.inbox('id')).toMatchObject([{ Input: large }]);
    const tooLarge = request(`${server.origin}/durabletask/instances/id/raiseEvent/go`, {
      method: 'POST',
      headers: { 'content-length': 17 * 1_024 * 1_024, 'content-type': 'application/json' },
    });
    tooLarge.on('error', () => undefined);
    const code = await new Promise((resolve) => {
      tooLarge.once('response', (response) => resolve(response.statusCode));
      tooLarge.write('1');
    });
    tooLarge.destroy();
    expect(code).toBe(413);
  });

  it('of an unknown path or method is 404', async () => {
    await server.instance('id');
    for (const [method, path] of [
      ['GET', 'orchestrators/Hello'],
      ['POST', 'orchestrators'],
      ['POST', 'instances'],
      ['PUT', 'instances/id'],
      ['GET', 'instances/id/terminate'],
      ['POST', 'instances/id/explode'],
      ['POST', 'instances/id/terminate/now'],
      ['POST', 'instances/id/raiseEvent'],
      ['GET', 'instances/id/raiseEvent/x'],
      ['POST', 'instances/id/raiseEvent/x/y'],
      ['PUT', 'entities/counter/k'],
      ['GET', 'else'],
      ['GET', ''],
    ] as const) {
      expect([path, await status(server.fetch(path, { method }))]).toEqual([path, 404]);
    }
  });
});

describe('a purge', () => {
  it('asks for the beginning of a time', async () => {
    const response = await server.fetch('instances?runtimeStatus=Failed', { method: 'DELETE' });
    expect([response.status, await response.json()]).toEqual([
      400,
      "Please provide value for 'createdTimeFrom' parameter.",
    ]);
  });
});

describe('an entity', () => {
  it('takes a signal with text, JSON or nothing, and a DELETE as the operation "delete"', async () => {
    await server.post('entities/Counter/k?op=set', 'plain text', 'text/plain');
    await server.post('entities/Counter/k?op=set', ' {"a":1} ');
    await server.post('entities/Counter/k', '');
    await server.fetch('entities/Counter/k', { method: 'DELETE' });
    const requests = server.requests('@counter@k');
    expect(requests).toMatchObject([
      { op: 'set', input: '"plain text"' },
      { op: 'set', input: '{"a":1}' },
      { op: '' },
      // Without a declared length the extension takes the empty body for a text.
      { op: 'delete', input: '""' },
    ]);
    expect(requests[2]).not.toHaveProperty('input');
    expect(await status(server.post('entities/counter/k?op=set', '{'))).toBe(400);
    expect(await status(server.post('entities/counter/a%23b?op=set', '1'))).toBe(400);
  });

  it('of an empty key is read by a dollar sign', async () => {
    await server.post('entities/counter/?op=set', '1');
    server.move('@counter@', { input: JSON.stringify({ exists: true, state: '"empty"' }) });
    expect(await json(server.fetch('entities/counter/$'))).toBe('empty');
  });
});

describe('the way in', () => {
  it('is the system key for the webhook, in the query or in a header', async () => {
    const path = `${server.origin}/runtime/webhooks/durabletask/instances`;
    expect(await status(fetch(path))).toBe(401);
    expect(await status(fetch(`${path}?code=wrong`))).toBe(401);
    expect(await status(fetch(`${path}?code=${encodeURIComponent(KEY)}`))).toBe(200);
    expect(await status(fetch(path, { headers: { 'x-functions-key': KEY } }))).toBe(200);
  });

  it('is no key for the app itself, but another name for this machine is not let in', async () => {
    expect(await status(server.fetch('instances'))).toBe(200);
    const socket = connect(Number(new URL(server.origin).port), '127.0.0.1');
    socket.write('GET /durabletask/instances HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('leads to one hub', async () => {
    await server.instance('id');
    expect(await status(server.fetch(`instances/id?taskHub=${HUB.toUpperCase()}&connection=Storage`))).toBe(
      202,
    );
    expect(await status(server.fetch('instances/id?taskHub=Other'))).toBe(404);
  });
});

it('tells a caller of an error inside, and the host of its cause', async () => {
  const { store } = server;
  const broken = await ApiServer.start({
    store: Object.assign(Object.create(store), {
      find: () => {
        throw new Error('the disk is gone');
      },
    }),
  });
  const response = await broken.fetch('instances/id');
  expect([response.status, await response.json()]).toMatchObject([
    500,
    { ExceptionMessage: 'the disk is gone' },
  ]);
  await expect(broken.stop()).rejects.toMatchObject({ errors: [{ message: 'the disk is gone' }] });
});
