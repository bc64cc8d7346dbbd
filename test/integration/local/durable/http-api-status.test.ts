import { describe, expect, it } from 'vitest';
import { EVENT, type HistoryEvent } from '../../../../local/durable/history.ts';
import { json, serverOfTest, status } from './http-api-calls.ts';

const server = serverOfTest();

describe('a status', () => {
  it.each(['Pending', 'Running', 'Suspended'] as const)(
    'of one that is %s is 202 with where to look again',
    async (name) => {
      await server().instance('id', { status: name });
      const response = await server().fetch('instances/id?showInput=true');
      expect(response.status).toBe(202);
      expect(response.headers.get('location')).toBe(
        `${server().origin}/durabletask/instances/id?showInput=true`,
      );
      expect(response.headers.get('retry-after')).toBe('5');
    },
  );

  it.each(['Completed', 'Failed', 'Terminated', 'Canceled'] as const)(
    'of one that is %s is 200',
    async (name) => {
      await server().instance('id', { status: name });
      const response = await server().fetch('instances/id');
      expect([response.status, response.headers.get('location')]).toEqual([200, null]);
    },
  );

  it('of a failed one is 500 where the caller asks for that, and of others not', async () => {
    await server().instance('failed', { status: 'Failed' });
    await server().instance('done', { status: 'Completed' });
    const path = (id: string) => `instances/${id}?returnInternalServerErrorOnFailure=TRUE`;
    expect(await status(server().fetch(path('failed')))).toBe(500);
    expect(await status(server().fetch(path('done')))).toBe(200);
  });

  it('has the members that callers read, and history only where they ask for it', async () => {
    await server().instance('id', { status: 'Terminated', output: 'no need', customStatus: '1' });
    expect(await json(server().fetch('instances/id?showInput=false'))).toEqual({
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
    await server().instance('id', { status: 'Completed' }, events);
    const { historyEvents } = Object(
      await json(server().fetch('instances/id?showHistory=true&showHistoryOutput=true')),
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
    const bare = JSON.stringify(await json(server().fetch('instances/id?showHistory=true&showInput=false')));
    expect(bare).not.toMatch(/Result|"Input"/);
    expect(bare).toContain('SayHello');
  });
});

describe('a listing', () => {
  it('pages by a token, and filters by the beginning of ids', async () => {
    for (const id of ['b1', 'a1', 'a3', 'a2']) await server().instance(id);
    const first = await server().fetch('instances?instanceIdPrefix=a&top=2&showInput=false');
    expect(await first.json()).toMatchObject([
      { instanceId: 'a1', input: null },
      { instanceId: 'a2', input: null },
    ]);
    const token = first.headers.get('x-ms-continuation-token') ?? '';
    const next = await server().fetch('instances/?instanceIdPrefix=a&top=2', {
      headers: { 'x-ms-continuation-token': token },
    });
    expect(await next.json()).toMatchObject([{ instanceId: 'a3' }]);
    expect(next.headers.get('x-ms-continuation-token')).toBe('');
    const wrong = server().fetch('instances', { headers: { 'x-ms-continuation-token': 'guessed' } });
    expect(await status(wrong)).toBe(400);
  });

  it('takes no notice of conditions that it cannot read', async () => {
    await server().instance('a');
    expect(
      await json(server().fetch('instances?runtimeStatus=running&createdTimeFrom=once&top=x')),
    ).toHaveLength(1);
  });

  it('of entities has those that exist, with their states where the caller asks for them', async () => {
    for (const [key, input] of [
      ['a', { exists: true, state: '{"n":1}' }],
      ['b', {}],
      ['c', { exists: true, state: '2' }],
    ] as const) {
      await server().post(`entities/counter/${key}?op=add`, '1');
      server().move(`@counter@${key}`, { input: JSON.stringify(input) });
    }
    const entityId = (key: string) => ({ name: 'counter', key });
    expect(await json(server().fetch('entities/counter?fetchState=true'))).toMatchObject([
      { entityId: entityId('a'), state: { n: 1 } },
      { entityId: entityId('c'), state: 2 },
    ]);
    const page = await server().fetch('entities?top=1', {});
    expect(await page.json()).toMatchObject([{ entityId: entityId('a'), state: null }]);
    const rest = await server().fetch('entities?top=1', {
      headers: { 'x-ms-continuation-token': page.headers.get('x-ms-continuation-token') ?? '' },
    });
    expect(await rest.json()).toMatchObject([{ entityId: entityId('c') }]);
    expect(await json(server().fetch('entities/other'))).toEqual([]);
    expect(await json(server().fetch('entities?lastOperationTimeFrom=2100-01-01T00:00:00Z'))).toEqual([]);
  });
});
