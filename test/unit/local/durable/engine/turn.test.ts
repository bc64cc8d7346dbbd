import type * as df from 'durable-functions';
import { expect, test } from 'vitest';
import { EVENT, type HistoryEvent } from '../../../../../local/durable/history.ts';
import { later, retries } from './patterns.ts';
import { expectAllReplayable, inOrder, simulate, Simulation, type Choose } from './simulation.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Every message that is there goes into one turn, and turns come before activities. */
const allAtOnce: Choose = (count) => count - 1;

function eventsOf<T extends HistoryEvent['EventType']>(simulation: Simulation, type: T, id = 'i') {
  return simulation
    .history(id)
    .filter((event): event is Extract<HistoryEvent, { EventType: T }> => event.EventType === type);
}

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
  expect(eventsOf(simulation, EVENT.taskCompleted)).toHaveLength(4);
});

test('keeps an orchestration running that has returned while a timer is not cancelled', async () => {
  const app = {
    orchestrators: {
      *careless(context: df.OrchestrationContext) {
        const timeout = context.df.createTimer(later(context, MINUTE_MS));
        yield context.df.Task.any([timeout, context.df.callActivity('quick', {})]);
        return 'done';
      },
    },
    activities: { quick: () => 'q' },
  };
  const simulation = new Simulation(app);
  simulation.start('careless');
  await simulation.settle();
  expect(simulation.get()).toMatchObject({ status: 'Running', output: null });
  await simulation.run();
  expect(simulation.output()).toBe('done');
});

test('fails where a timer is cancelled that runs beside a call with retries, as on Azure', async () => {
  const app = {
    orchestrators: {
      *both(context: df.OrchestrationContext) {
        const timeout = context.df.createTimer(later(context, 60 * MINUTE_MS));
        const call = context.df.callActivityWithRetry('flaky', retries(3), {});
        yield context.df.Task.any([call, timeout]);
        timeout.cancel();
        yield context.df.callActivity('quick', {});
        return 'done';
      },
    },
    activities: { flaky: once('sometimes'), quick: () => 'q' },
  };
  const { status, output } = (await simulate(app, 'both')).get();
  expect(status).toBe('Failed');
  expect(output).toContain('Non-Deterministic workflow detected');
});

/** Fails at the first call. */
function once(problem: string): () => unknown {
  let calls = 0;
  return () => {
    calls += 1;
    if (calls === 1) throw new Error(problem);
    return calls;
  };
}

test('makes a retry after each interval, and after the last attempt a timer that fires at once', async () => {
  const app = {
    orchestrators: {
      *stubborn(context: df.OrchestrationContext) {
        yield context.df.callActivityWithRetry('fail', retries(3), {});
      },
    },
    activities: {
      fail: () => {
        throw new Error('always');
      },
    },
  };
  const simulation = await simulate(app, 'stubborn');
  const timers = eventsOf(simulation, EVENT.timerCreated);
  const start = Date.parse('2026-01-01T00:00:00Z');
  expect(timers.map(({ EventId, FireAt }) => [EventId, Date.parse(FireAt) - start])).toEqual([
    [1, 1_000],
    [3, 3_000],
    [5, 3_000],
  ]);
  expect(simulation.get().status).toBe('Failed');
  expect(simulation.get().output).toContain("Activity function 'fail' failed:  always");
});

test('hangs as on Azure where retries end by their time-out', async () => {
  const options = retries(5);
  options.retryTimeoutInMilliseconds = 2_000;
  const app = {
    orchestrators: {
      *impatient(context: df.OrchestrationContext) {
        yield context.df.callActivityWithRetry('fail', options, {});
      },
    },
    activities: {
      fail: () => {
        throw new Error('always');
      },
    },
  };
  const simulation = await simulate(app, 'impatient');
  expect(simulation.get().status).toBe('Running');
  expect(simulation.ran).toHaveLength(3);
});

test('makes a long timer of several, three days each until less is left', async () => {
  const app = {
    orchestrators: {
      *patient(context: df.OrchestrationContext) {
        yield context.df.createTimer(later(context, 7.5 * DAY_MS));
        return context.df.currentUtcDateTime;
      },
    },
  };
  const simulation = await simulate(app, 'patient');
  expect(eventsOf(simulation, EVENT.timerCreated).map(({ FireAt }) => FireAt)).toEqual([
    '2026-01-04T00:00:00.000Z',
    '2026-01-07T00:00:00.000Z',
    '2026-01-08T12:00:00.000Z',
  ]);
  expect(simulation.output()).toBe('2026-01-08T12:00:00.000Z');
});

test('gives an early event to the first wait, and an event to the last of several waits', async () => {
  const app = {
    activities: { prepare: () => null },
    orchestrators: {
      *listener(context: df.OrchestrationContext) {
        yield context.df.callActivity('prepare', {});
        const early: unknown = yield context.df.waitForExternalEvent('go');
        const [first, second] = [
          context.df.waitForExternalEvent('go'),
          context.df.waitForExternalEvent('go'),
        ];
        yield context.df.Task.all([first, second]);
        return [early, first.result, second.result];
      },
    },
  };
  const simulation = new Simulation(app);
  simulation.start('listener');
  for (const data of ['a', 'b', 'c']) simulation.raise('go', data);
  await simulation.run(allAtOnce);
  expect(simulation.output()).toEqual(['a', 'b', 'c']);

  const waited = new Simulation(app);
  waited.start('listener');
  waited.raise('go', 'a');
  await waited.run();
  for (const data of ['b', 'c']) waited.raise('go', data);
  await waited.run();
  expect(waited.output()).toEqual(['a', 'c', 'b']);
});

test('lets an orchestration give a wait up: the next event goes to the newer wait', async () => {
  const app = {
    orchestrators: {
      *second(context: df.OrchestrationContext) {
        yield context.df.Task.any([
          context.df.waitForExternalEvent('go'),
          context.df.callActivity('quick', {}),
        ]);
        const data: unknown = yield context.df.waitForExternalEvent('go');
        const value: unknown = yield context.df.callActivity('quick', {});
        return [data, value];
      },
    },
    activities: { quick: () => 'q' },
  };
  const simulation = new Simulation(app);
  simulation.start('second');
  await simulation.run();
  simulation.raise('go', 1);
  await simulation.run();
  expect(simulation.output()).toEqual([1, 'q']);
});

test('continues as new with the events that came after, and without those that nobody took before', async () => {
  const app = {
    orchestrators: {
      *generations(context: df.OrchestrationContext) {
        const seen: unknown = context.df.getInput();
        const list: unknown[] = Array.isArray(seen) ? seen : [];
        const value: unknown = yield context.df.waitForExternalEvent('next');
        if (list.length === 2) return [...list, value];
        context.df.setCustomStatus({ generation: list.length });
        context.df.continueAsNew([...list, value]);
        return undefined;
      },
    },
  };
  const simulation = new Simulation(app);
  simulation.start('generations', []);
  await simulation.run();
  simulation.raise('unknown', 'lost');
  for (const data of [1, 2, 3]) simulation.raise('next', data);
  await simulation.run(allAtOnce);
  expect(simulation.output()).toEqual([1, 2, 3]);
  expect(simulation.history().filter(({ EventType }) => EventType === EVENT.eventRaised)).toHaveLength(1);
  expect(simulation.get()).toMatchObject({ input: '[1,2]' });
});

test('keeps the custom status over a continue-as-new, clears it with a falsy one, and bounds its size', async () => {
  const app = {
    orchestrators: {
      *status(context: df.OrchestrationContext) {
        const stage: unknown = context.df.getInput();
        if (stage === 1) {
          context.df.setCustomStatus({ at: 'first' });
          context.df.continueAsNew(2);
          return;
        }
        if (stage === 3) context.df.setCustomStatus('x'.repeat(8 * 1024 + 600));
        yield context.df.waitForExternalEvent('go');
        context.df.setCustomStatus(undefined);
        yield context.df.waitForExternalEvent('stop');
      },
    },
  };
  const simulation = new Simulation(app);
  simulation.start('status', 1);
  await simulation.run();
  expect(simulation.get()).toMatchObject({ status: 'Running', customStatus: '{"at":"first"}' });
  simulation.raise('go', 1);
  await simulation.run();
  expect(simulation.get().customStatus).toBeNull();

  const large = await simulate(app, 'status', 3);
  expect(large.get().status).toBe('Failed');
  expect(large.get().output).toContain('must not exceed 16 KB. The current payload size is 17 KB.');
});

test('holds what happens while it is suspended, and goes on when it is resumed', async () => {
  const app = {
    orchestrators: {
      *steps(context: df.OrchestrationContext) {
        yield context.df.callActivity('step', { n: 1 });
        yield context.df.waitForExternalEvent('go');
        yield context.df.callActivity('step', { n: 2 });
        return 'done';
      },
    },
    activities: { step: () => null },
  };
  const simulation = new Simulation(app);
  simulation.start('steps');
  await simulation.run();
  simulation.suspend('too busy');
  simulation.raise('go', true);
  await simulation.run();
  expect(simulation.get()).toMatchObject({ status: 'Suspended', output: '"too busy"' });
  expect(simulation.ran).toHaveLength(1);
  simulation.resume('again');
  simulation.raise('ignored', 1);
  await simulation.run();
  expect(simulation.output()).toBe('done');
  await expectAllReplayable(simulation);
});

test('holds decisions of the turn in which it is suspended', async () => {
  const app = {
    orchestrators: {
      *one(context: df.OrchestrationContext) {
        yield context.df.callActivity('step', {});
      },
    },
    activities: { step: () => null },
  };
  const simulation = new Simulation(app);
  simulation.start('one');
  simulation.suspend('at once');
  await simulation.run(allAtOnce);
  expect(simulation.get().status).toBe('Suspended');
  expect(eventsOf(simulation, EVENT.taskScheduled)).toEqual([]);
  simulation.resume('now');
  await simulation.run();
  expect(simulation.get().status).toBe('Completed');
  await expectAllReplayable(simulation);
});

test.for<[string, Choose]>([
  ['while it runs', inOrder],
  ['in its first turn', allAtOnce],
])('terminates %s, with the reason as output, and passes over what comes later', async ([, choose]) => {
  const app = {
    orchestrators: {
      *waiter(context: df.OrchestrationContext) {
        yield context.df.waitForExternalEvent('never');
      },
    },
  };
  const simulation = new Simulation(app);
  simulation.start('waiter');
  if (choose === inOrder) await simulation.run();
  simulation.terminate('enough');
  await simulation.run(choose);
  simulation.raise('never', 1);
  simulation.resume('no');
  await simulation.run();
  expect(simulation.get()).toMatchObject({ status: 'Terminated', output: '"enough"' });
  expect(simulation.history().at(-2)).toMatchObject({
    EventType: EVENT.executionCompleted,
    OrchestrationStatus: 'Terminated',
    Result: 'enough',
  });
});

test('terminates an instance whose start is not due yet', async () => {
  const simulation = new Simulation({ orchestrators: {} });
  simulation.start('later');
  const [waiting] = simulation.instances.values();
  if (waiting !== undefined) waiting.inbox = [];
  simulation.terminate('never mind');
  await simulation.run();
  expect(simulation.get()).toMatchObject({ status: 'Terminated', output: '"never mind"' });
  expect(simulation.history()).toEqual([]);
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
  expect(eventsOf(simulation, EVENT.executionStarted, 'same-id')).toHaveLength(1);
});
