import {
  EntityId,
  type OrchestrationContext,
  type OrchestrationHandler,
  RetryOptions,
  type Task,
} from 'durable-functions';

/**
 * The orchestrators of the crash test, by their names: plain generators, so that a history can also be replayed without
 * a host. Every activity is told a key that no other one has.
 */

type Steps = Generator<Task, unknown, unknown>;

interface Input {
  readonly steps: number;
  readonly total: number;
}

function step(context: OrchestrationContext, number: number): Task {
  return context.df.callActivity('step', { key: `${context.df.instanceId}/${number}`, value: number });
}

function pause(context: OrchestrationContext, milliseconds: number): Task {
  return context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + milliseconds));
}

function* chain(context: OrchestrationContext): Steps {
  const { steps } = context.df.getInput<Input>();
  let total = 0;
  for (let number = 1; number <= steps; number++) total += Number(yield step(context, number));
  return total;
}

function* fanOut(context: OrchestrationContext): Steps {
  const { steps } = context.df.getInput<Input>();
  const tasks = Array.from({ length: steps }, (_, index) => step(context, index + 1));
  const results = yield context.df.Task.all(tasks);
  return Array.isArray(results) ? results.reduce((sum: number, value) => sum + Number(value), 0) : null;
}

/** Takes events 1 to `steps`, which may come in any order, and ignores those that it has had. */
function* events(context: OrchestrationContext): Steps {
  const { steps } = context.df.getInput<Input>();
  const seen = new Set<number>();
  while (seen.size < steps) {
    const number = Number(yield context.df.waitForExternalEvent('event'));
    if (seen.has(number)) continue;
    seen.add(number);
    yield step(context, number);
  }
  return [...seen].reduce((sum, number) => sum + number, 0);
}

function* timers(context: OrchestrationContext): Steps {
  const { steps } = context.df.getInput<Input>();
  let total = 0;
  for (let number = 1; number <= steps; number++) {
    yield pause(context, number * 40);
    total += Number(yield step(context, number));
  }
  return total;
}

/** An event against a timer: of an hour where the event comes, short where it doesn't. */
function* race(context: OrchestrationContext): Steps {
  const { waitMs } = context.df.getInput<{ waitMs: number }>();
  const timer = context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + waitMs));
  const winner = yield context.df.Task.any([context.df.waitForExternalEvent('event'), timer]);
  if (winner === timer) return 'timed out';
  timer.cancel();
  return 'answered';
}

function* retry(context: OrchestrationContext): Steps {
  const { steps } = context.df.getInput<Input>();
  const key = `${context.df.instanceId}/flaky`;
  const options = new RetryOptions(20, steps + 2);
  return yield context.df.callActivityWithRetry('flaky', options, { key, failures: steps });
}

function* parent(context: OrchestrationContext): Steps {
  const { steps } = context.df.getInput<Input>();
  const children = Array.from({ length: steps }, (_, index) =>
    context.df.callSubOrchestrator('chain', { steps: index + 1 }, `${context.df.instanceId}-${index + 1}`),
  );
  const results = yield context.df.Task.all(children);
  return Array.isArray(results) ? results.reduce((sum: number, value) => sum + Number(value), 0) : null;
}

function* eternal(context: OrchestrationContext): Steps {
  const { steps, total } = context.df.getInput<Input>();
  const sum = total + Number(yield step(context, steps));
  yield pause(context, 10);
  if (steps > 1) context.df.continueAsNew({ steps: steps - 1, total: sum });
  return sum;
}

function* counter(context: OrchestrationContext): Steps {
  const { steps } = context.df.getInput<Input>();
  const id = new EntityId('tally', context.df.instanceId);
  let value: unknown;
  for (let number = 1; number <= steps; number++) value = yield context.df.callEntity(id, 'add', 1);
  return value;
}

export const ORCHESTRATORS = {
  chain,
  fanOut,
  events,
  timers,
  race,
  retry,
  parent,
  eternal,
  counter,
} satisfies Record<string, OrchestrationHandler>;

export type OrchestratorName = keyof typeof ORCHESTRATORS;
