import type * as df from 'durable-functions';
import { expect, test } from 'vitest';
import { EVENT } from '../../../../../local/durable/history.ts';
import { eventsOf } from './simulated-history.ts';
import { simulate } from './simulation.ts';

test('has a turn begin with its start, and end with the decisions and its end', async () => {
  const app = {
    orchestrators: {
      *two(context: df.OrchestrationContext) {
        const value: unknown = yield context.df.callActivity('echo', { a: 1 });
        return value;
      },
    },
    activities: { echo: (input: unknown) => input },
  };
  const simulation = await simulate(app, 'two', { hello: 'you' });
  expect(simulation.history()).toMatchObject([
    { EventType: EVENT.orchestratorStarted, IsPlayed: false },
    { EventType: EVENT.executionStarted, IsPlayed: true, Name: 'two', Input: '{"hello":"you"}' },
    { EventType: EVENT.taskScheduled, EventId: 0, Name: 'echo', Input: '[{"a":1}]', IsPlayed: false },
    { EventType: EVENT.orchestratorCompleted },
    { EventType: EVENT.orchestratorStarted },
    { EventType: EVENT.taskCompleted, TaskScheduledId: 0, Result: '{"a":1}', IsPlayed: true },
    { EventType: EVENT.executionCompleted, EventId: 1, OrchestrationStatus: 'Completed', Result: '{"a":1}' },
    { EventType: EVENT.orchestratorCompleted },
  ]);
});

test('runs an activity again that is yielded again in a second Task.any, and ends when all have ended', async () => {
  const app = {
    orchestrators: {
      *twice(context: df.OrchestrationContext) {
        const slow = context.df.callActivity('slow', {});
        yield context.df.Task.any([slow, context.df.callActivity('quick', {})]);
        yield context.df.Task.any([slow, context.df.callActivity('quick', {})]);
        return 'done';
      },
    },
    activities: { slow: () => 's', quick: () => 'q' },
  };
  const simulation = await simulate(app, 'twice');
  expect(simulation.output()).toBe('done');
  expect(simulation.ran.toSorted()).toEqual(['quick', 'quick', 'slow', 'slow']);
  expect(eventsOf(simulation.history(), EVENT.taskCompleted)).toHaveLength(4);
});

test('starts an instance of an id anew whose last execution has ended', async () => {
  const app = {
    orchestrators: {
      *parent(context: df.OrchestrationContext) {
        const one: unknown = yield context.df.callSubOrchestrator('child', 1, 'same-id');
        const two: unknown = yield context.df.callSubOrchestrator('child', 2, 'same-id');
        return [one, two];
      },
      *child(context: df.OrchestrationContext) {
        const value: unknown = yield context.df.callActivity('echo', { value: context.df.getInput() });
        return value;
      },
    },
    activities: { echo: (input: unknown) => input },
  };
  const simulation = await simulate(app, 'parent');
  expect(simulation.output()).toEqual([{ value: 1 }, { value: 2 }]);
  expect(eventsOf(simulation.history('same-id'), EVENT.executionStarted)).toHaveLength(1);
});
