import type * as df from 'durable-functions';
import { expect, test } from 'vitest';
import { EVENT } from '../../../../../local/durable/history.ts';
import { eventsOf } from './simulated-history.ts';
import { allAtOnce, expectAllReplayable, inOrder, Simulation, type Choose } from './simulation.ts';

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
  expect(eventsOf(simulation.history(), EVENT.taskScheduled)).toEqual([]);
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
