import { v5 } from 'uuid';
import * as df from 'durable-functions';
import { expect, test } from 'vitest';
import { deterministicGuid } from '../../../../../local/durable/engine/deterministic-guid.ts';
import {
  entityInstanceId,
  releaseMessage,
  requestMessage,
} from '../../../../../local/durable/entities/entity-messages.ts';
import { EVENT, type HistoryEvent } from '../../../../../local/durable/history.ts';
import {
  activityCompleted,
  activityNotThere,
  activityTrigger,
  orchestrationTrigger,
} from '../../../../../local/durable/engine/worker-messages.ts';
import { patternApp } from './patterns.ts';
import { simulate, Simulation, type SimulatedApp } from './simulation.ts';

test("has the trigger's members as the extension has them", () => {
  const { options } = new Simulation({ orchestrators: {} });
  const instance = { instanceId: 'i', parentInstanceId: null, input: '{"a":1}', isReplaying: false };
  expect(JSON.parse(orchestrationTrigger([], instance, options))).toEqual({
    history: [],
    input: { a: 1 },
    instanceId: 'i',
    isReplaying: false,
    parentInstanceId: null,
    upperSchemaVersion: 1,
    upperSchemaVersionNew: 3,
    longRunningTimerIntervalDuration: '3.00:00:00',
    maximumShortTimerDuration: '6.00:00:00',
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  });
  const short = { ...options, longRunningTimerInterval: 1_500, maximumShortTimer: 3_661_000 };
  expect(JSON.parse(orchestrationTrigger([], { ...instance, input: null }, short))).toMatchObject({
    input: null,
    longRunningTimerIntervalDuration: '00:00:01.5000000',
    maximumShortTimerDuration: '01:01:01',
  });
});

test.for<[string | null, string | null]>([
  [null, null],
  ['null', null],
  ['{"a":[1]}', '{"a":[1]}'],
  ['"text"', 'text'],
  ['1.5', '1.5'],
  ['true', 'True'],
])('hands an activity the argument %s as %s', ([input, value]) => {
  expect(activityTrigger(input)).toBe(value);
});

test('says of an activity without a result that it is null, and of one that is gone that it failed', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  expect(activityCompleted(3, undefined, now)).toMatchObject({ TaskScheduledId: 3, Result: null });
  expect(activityCompleted(3, 'text', now)).toMatchObject({ Result: '"text"' });
  expect(activityNotThere(4, 'gone', now)).toMatchObject({
    TaskScheduledId: 4,
    Reason: "Activity function 'gone' failed: Activity function 'gone' does not exist.",
    FailureDetails: null,
  });
});

test("makes UUIDs of version 5 in the extension's name space", () => {
  const name = 'an instance_2026-01-01T00:00:00.1230000Z_7';
  expect(deterministicGuid('an instance', Date.parse('2026-01-01T00:00:00.123Z'), 7)).toBe(
    v5(name, '9e952959-5e33-4daf-827f-2fa12937b875'),
  );
});

test('sends entities requests and releases in the shape that they read, from numbered events', async () => {
  const simulation = await simulate(patternApp(), 'criticalSection');
  const { executionId } = simulation.get();
  const sent = simulation
    .history()
    .filter(
      (event): event is Extract<HistoryEvent, { EventType: typeof EVENT.eventSent }> =>
        event.EventType === EVENT.eventSent,
    )
    .map(({ EventId, InstanceId, Name, Input }) => ({
      EventId,
      InstanceId,
      Name,
      input: JSON.parse(Input ?? '') as unknown,
    }));
  const origin = { parent: 'i', parentExecution: executionId };
  expect(sent).toMatchObject([
    {
      EventId: 0,
      InstanceId: '@account@a',
      Name: 'op',
      input: {
        ...origin,
        op: null,
        lockset: [
          { name: 'account', key: 'a' },
          { name: 'account', key: 'b' },
        ],
      },
    },
    { EventId: 1, InstanceId: '@account@a', Name: 'op', input: { ...origin, op: 'take', input: '5' } },
    { EventId: 2, InstanceId: '@account@b', Name: 'op', input: { ...origin, op: 'put', input: '5' } },
    {
      EventId: 3,
      InstanceId: expect.stringMatching(/^@account@[ab]$/),
      Name: 'release',
      input: { parent: 'i' },
    },
    {
      EventId: 4,
      InstanceId: expect.stringMatching(/^@account@[ab]$/),
      Name: 'release',
      input: { parent: 'i' },
    },
  ]);
  for (const { Name, input } of sent) (Name === 'op' ? requestMessage : releaseMessage).parse(input);
  expect(simulation.toEntities.map(({ instanceId }) => instanceId)).toEqual(sent.map((it) => it.InstanceId));
});

test('gives locks back that the orchestrator still holds when it returns', async () => {
  const app: SimulatedApp = {
    orchestrators: {
      *forgetful(context) {
        yield context.df.lock(new df.EntityId('account', 'a'));
        return 'done';
      },
    },
  };
  const simulation = await simulate(app, 'forgetful');
  expect(simulation.output()).toBe('done');
  expect(simulation.toEntities.map(({ event }) => 'Name' in event && event.Name)).toEqual(['op', 'release']);
});

test('signals an entity without waiting for it', async () => {
  const app: SimulatedApp = {
    orchestrators: {
      *signals(context) {
        const id = new df.EntityId('Counter', 'x');
        context.df.signalEntity(id, 'add', { by: 2 });
        const value: unknown = yield context.df.callActivity('nothing', {});
        return value;
      },
    },
    activities: { nothing: () => 'ok' },
  };
  const simulation = await simulate(app, 'signals');
  expect(simulation.output()).toBe('ok');
  const [message] = simulation.toEntities;
  expect(message?.instanceId).toBe(entityInstanceId({ name: 'counter', key: 'x' }));
  const input = message?.event.EventType === EVENT.eventRaised ? message.event.Input : null;
  expect(JSON.parse(input ?? '')).toMatchObject({ op: 'add', signal: true, input: '{"by":2}', parent: 'i' });
});

test('makes HTTP requests as activities, and asks again where the answer is 202', async () => {
  const location = 'http://localhost/status';
  const answers = [
    { statusCode: 202, headers: { location, 'retry-after': '5' }, content: '' },
    { statusCode: 202, headers: { Location: location }, content: '' },
    { statusCode: 200, headers: {}, content: 'done' },
  ];
  const app: SimulatedApp = {
    orchestrators: {
      *caller(context) {
        const headers = { 'X-Functions-Key': 'secret', accept: 'text/plain' };
        const request = { method: 'POST', url: 'http://localhost/start', body: { a: 1 }, headers };
        const response: unknown = yield context.df.callHttp(request);
        const after: unknown = yield context.df.callActivity('after', {});
        return [response, after];
      },
    },
    activities: { 'BuiltIn::HttpActivity': () => answers.shift(), after: () => 'after' },
  };
  const simulation = await simulate(app, 'caller');
  expect(simulation.output()).toMatchObject([{ statusCode: 200, content: 'done' }, 'after']);
  expect(simulation.now - Date.parse('2026-01-01T00:00:00Z')).toBe(35_000);
  expect(simulation.inputs.slice(0, 3)).toMatchObject([
    { method: 'POST', uri: 'http://localhost/start', content: '{"a":1}' },
    { method: 'GET', uri: location, headers: { accept: 'text/plain' } },
    { method: 'GET', uri: location },
  ]);
  expect(simulation.inputs[1]).not.toHaveProperty('headers.X-Functions-Key');
});
