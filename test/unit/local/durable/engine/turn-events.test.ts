import type * as df from 'durable-functions';
import { expect, test } from 'vitest';
import { EVENT } from '../../../../../local/durable/history.ts';
import { allAtOnce, simulate, Simulation } from './simulation.ts';

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
