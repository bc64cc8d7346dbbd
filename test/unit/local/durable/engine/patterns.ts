import * as df from 'durable-functions';
import type { OrchestrationContext, OrchestrationHandler } from 'durable-functions';
import type { SimulatedApp } from './simulation.ts';

const MINUTE_MS = 60_000;

/** A retry after 1 s, 2 s, 4 s …, in all `attempts` attempts. */
export function retries(attempts: number): df.RetryOptions {
  const options = new df.RetryOptions(1_000, attempts);
  options.backoffCoefficient = 2;
  return options;
}

export function later(context: OrchestrationContext, milliseconds: number): Date {
  return new Date(context.df.currentUtcDateTime.getTime() + milliseconds);
}

/** Orchestrations whose results must not depend on the order in which things happen. */
export const patterns: Readonly<Record<string, OrchestrationHandler>> = {
  *chain(context) {
    let value: unknown = 1;
    for (let step = 0; step < 3; step += 1) value = yield context.df.callActivity('double', { value });
    return value;
  },
  *fanOut(context) {
    const tasks = [1, 2, 3, 4].map((value) => context.df.callActivity('double', { value }));
    const all: unknown = yield context.df.Task.all(tasks);
    const more: unknown = yield context.df.callActivity('double', { value: 50 });
    return [all, more];
  },
  *parallelRetries(context) {
    const one = context.df.callActivityWithRetry('flaky', retries(4), {
      key: `${context.df.instanceId}/a`,
      good: 3,
    });
    const two = context.df.callActivityWithRetry('flaky', retries(4), {
      key: `${context.df.instanceId}/b`,
      good: 2,
    });
    const sure = context.df.callActivity('double', { value: 4 });
    const all: unknown = yield context.df.Task.all([one, sure, two]);
    const last: unknown = yield context.df.callActivity('double', { value: 6 });
    return [all, last];
  },
  *allAttemptsFail(context) {
    try {
      yield context.df.callActivityWithRetry('fail', retries(3), {});
    } catch (error) {
      const after: unknown = yield context.df.callActivity('double', { value: 8 });
      return [error instanceof Error && error.message.includes('always'), after];
    }
    return 'no failure';
  },
  *family(context) {
    const children = [3, 2, 1].map((depth) => context.df.callSubOrchestrator('child', { depth }));
    const named = context.df.callSubOrchestrator('child', { depth: 1 }, `${context.df.instanceId}-named`);
    const all: unknown = yield context.df.Task.all([...children, named]);
    return all;
  },
  *child(context) {
    const input: unknown = context.df.getInput();
    const depth = input !== null && typeof input === 'object' && 'depth' in input ? Number(input.depth) : 0;
    if (depth === 0) return ['leaf'];
    const below: unknown = yield context.df.callSubOrchestrator('child', { depth: depth - 1 });
    const value: unknown = yield context.df.callActivity('double', { value: depth });
    return [value, below];
  },
  *count(context) {
    const input: unknown = context.df.getInput();
    const left = input !== null && typeof input === 'object' && 'left' in input ? Number(input.left) : 4;
    yield context.df.callActivity('double', { value: left });
    yield context.df.createTimer(later(context, MINUTE_MS));
    if (left === 0) return 'counted';
    context.df.continueAsNew({ left: left - 1 });
    return undefined;
  },
  *approval(context) {
    const timeout = context.df.createTimer(later(context, 10 * MINUTE_MS));
    const approved = context.df.waitForExternalEvent('approve');
    const first: unknown = yield context.df.Task.any([approved, timeout]);
    if (first === timeout) return 'too late';
    timeout.cancel();
    const value: unknown = yield context.df.callActivity('double', { value: 21 });
    return [approved.result, value];
  },
  *race(context) {
    const quick = context.df.callActivity('double', { value: 2 });
    const deadline = context.df.createTimer(later(context, 60 * MINUTE_MS));
    yield context.df.Task.any([quick, deadline]);
    deadline.cancel();
    const all: unknown = yield context.df.Task.all([
      context.df.callActivity('double', { value: 5 }),
      context.df.createTimer(later(context, MINUTE_MS)),
      context.df.callSubOrchestrator('child', { depth: 1 }),
    ]);
    return [quick.result, all];
  },
  *longWait(context) {
    const wait = context.df.createTimer(later(context, 20 * 86_400_000));
    const value = context.df.callActivity('double', { value: 7 });
    yield context.df.Task.all([wait, value]);
    const last: unknown = yield context.df.callActivity('double', { value: 9 });
    return [value.result, last];
  },
  *entities(context) {
    const counter = new df.EntityId('Counter', 'one');
    context.df.signalEntity(counter, 'add', 2);
    const value: unknown = yield context.df.callEntity(counter, 'get');
    const both: unknown = yield context.df.Task.all([
      context.df.callActivity('double', { value: 3 }),
      context.df.callEntity(new df.EntityId('Counter', 'two'), 'get', { deep: true }),
    ]);
    return [value, both];
  },
  *criticalSection(context) {
    const [a, b] = [new df.EntityId('account', 'a'), new df.EntityId('account', 'b')];
    const lock = yield context.df.lock(b, a);
    const value: unknown = yield context.df.callEntity(a, 'take', 5);
    yield context.df.callEntity(b, 'put', 5);
    lock.release();
    const last: unknown = yield context.df.callActivity('double', { value: 10 });
    return [value, last];
  },
};

/** The app of all patterns. Its `flaky` activity succeeds at the attempt that its input names, for each key. */
export function patternApp(): SimulatedApp {
  const attempts = new Map<string, number>();
  return {
    orchestrators: patterns,
    activities: {
      double: (input) => 2 * numberIn(input, 'value'),
      flaky: (input) => {
        const key = JSON.stringify(input);
        const attempt = (attempts.get(key) ?? 0) + 1;
        attempts.set(key, attempt);
        if (attempt < numberIn(input, 'good')) throw new Error(`attempt ${String(attempt)}`);
        return attempt;
      },
      fail: () => {
        throw new Error('always');
      },
    },
  };
}

function numberIn(input: unknown, key: string): number {
  const value: unknown = input !== null && typeof input === 'object' ? Reflect.get(input, key) : undefined;
  if (typeof value !== 'number') throw new Error(`${JSON.stringify(input)} has no number ${key}`);
  return value;
}
