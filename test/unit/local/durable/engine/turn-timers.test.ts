import type * as df from 'durable-functions';
import { expect, test } from 'vitest';
import { EVENT } from '../../../../../local/durable/history.ts';
import { later, retries } from './patterns.ts';
import { eventsOf } from './simulated-history.ts';
import { simulate, Simulation } from './simulation.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

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
  const timers = eventsOf(simulation.history(), EVENT.timerCreated);
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
  expect(eventsOf(simulation.history(), EVENT.timerCreated).map(({ FireAt }) => FireAt)).toEqual([
    '2026-01-04T00:00:00.000Z',
    '2026-01-07T00:00:00.000Z',
    '2026-01-08T12:00:00.000Z',
  ]);
  expect(simulation.output()).toBe('2026-01-08T12:00:00.000Z');
});
