import * as df from 'durable-functions';
import { expect, test } from 'vitest';
import { EVENT } from '../../../../../local/durable/history.ts';
import { inOrder, simulate, Simulation, type SimulatedApp } from './simulation.ts';

type Orchestration = (context: df.OrchestrationContext) => Generator<df.Task, unknown, unknown>;

/** An orchestrator whose code is changed by a new deployment between its two turns. */
async function redeploy(before: Orchestration, after: Orchestration): Promise<Simulation> {
  let current = before;
  const app: SimulatedApp = {
    orchestrators: {
      *changing(context) {
        const result: unknown = yield* current(context);
        return result;
      },
    },
    activities: { a: () => 'a', b: () => 'b' },
  };
  const simulation = new Simulation(app);
  simulation.start('changing');
  await simulation.settle((count) => (current === before ? 0 : count - 1));
  current = after;
  simulation.raise('go', 1);
  await simulation.run(inOrder);
  return simulation;
}

function* callThenWait(context: df.OrchestrationContext, name: string): Generator<df.Task, unknown, unknown> {
  yield context.df.callActivity(name, {});
  yield context.df.waitForExternalEvent('go');
  return name;
}

test.for<[string, Orchestration]>([
  ["instead scheduled 'b' with this sequence number", (context) => callThenWait(context, 'b')],
  [
    'instead produced a CreateTimerOrchestratorAction action',
    function* timer(context) {
      yield context.df.createTimer(context.df.currentUtcDateTime);
    },
  ],
  [
    "hasn't (yet?) scheduled this task",
    function* event(context) {
      yield context.df.waitForExternalEvent('other');
      return 1;
    },
  ],
])('fails an instance whose replay disagrees: %s', async ([message, after]) => {
  const simulation = await redeploy((context) => callThenWait(context, 'a'), after);
  expect(simulation.get().status).toBe('Failed');
  const output: unknown = JSON.parse(simulation.get().output ?? '');
  expect(output).toContain('Non-Deterministic workflow detected: A previous execution');
  expect(output).toContain(message);
});

test('lets code change that has not run yet, and the case of names', async () => {
  const simulation = await redeploy(
    (context) => callThenWait(context, 'a'),
    function* more(context) {
      yield context.df.callActivity('a', { other: 'input' });
      yield context.df.waitForExternalEvent('go');
      const value: unknown = yield context.df.callActivity('b', {});
      return value;
    },
  );
  expect(simulation.output()).toBe('b');
});

const failing: SimulatedApp = {
  orchestrators: {
    *caught(context) {
      try {
        yield context.df.callActivity('fail', {});
      } catch (error) {
        return error instanceof Error ? error.message : 'no error';
      }
      return undefined;
    },
    *uncaught(context) {
      yield context.df.callActivity('fail', {});
    },
    *throws(context) {
      yield context.df.callActivity('work', {});
      throw new Error('my own fault');
    },
    *throwsBesideWork(context) {
      yield context.df.Task.any([context.df.callActivity('work', {}), context.df.callActivity('work', {})]);
      throw new Error('early');
    },
    *parent(context) {
      try {
        yield context.df.callSubOrchestrator('throws', {});
      } catch (error) {
        return error instanceof Error ? error.message : 'no error';
      }
      return undefined;
    },
    *patientParent(context) {
      yield context.df.callSubOrchestrator('waits', {}, 'child');
    },
    *waits(context) {
      yield context.df.waitForExternalEvent('never');
    },
  },
  activities: {
    fail: () => {
      throw new Error('boom');
    },
    work: () => 1,
  },
};

test('gives the orchestrator the reason and the details of an activity that failed', async () => {
  const message = (await simulate(failing, 'caught')).output();
  expect(message).toMatch(/^Activity function 'fail' failed: {2}boom \n \{"\$type":"System\.Exception/);
});

test('fails an orchestration that throws, with its message', async () => {
  expect((await simulate(failing, 'throws')).get()).toMatchObject({
    status: 'Failed',
    output: JSON.stringify("Orchestrator function 'throws' failed: my own fault"),
  });
  expect((await simulate(failing, 'uncaught')).get().output).toContain(
    "Orchestrator function 'uncaught' failed: Activity function 'fail' failed:  boom",
  );
});

test('does what an orchestrator wanted before it threw, and waits for it', async () => {
  const simulation = await simulate(failing, 'throwsBesideWork');
  expect(simulation.ran).toEqual(['work', 'work']);
  expect(simulation.get().status).toBe('Failed');
  expect(simulation.history().filter(({ EventType }) => EventType === EVENT.taskCompleted)).toHaveLength(2);
});

test('tells a parent why its sub-orchestration failed', async () => {
  const simulation = await simulate(failing, 'parent');
  expect(simulation.output()).toMatch(
    /^Orchestrator function 'throws' failed: my own fault \n Message: my own/,
  );
});

// The library throws for want of details; with no actions left the history does not fit.
test('fails a parent whose sub-orchestration was terminated, as on Azure', async () => {
  const simulation = new Simulation(failing);
  simulation.start('patientParent');
  await simulation.run();
  simulation.terminate('enough', 'child');
  await simulation.run();
  expect(simulation.get('child').status).toBe('Terminated');
  expect(simulation.get().status).toBe('Failed');
  expect(simulation.get().output).toContain('Non-Deterministic workflow detected');
});

const detailed: SimulatedApp = {
  orchestrators: {
    *reads(context) {
      try {
        yield context.df.callActivity('fail', {});
      } catch (error) {
        return error instanceof df.TaskFailedError ? error.failureDetails : 'no details';
      }
      return undefined;
    },
    *passesOn(context) {
      yield context.df.callActivity('fail', {});
    },
    *parent(context) {
      try {
        yield context.df.callSubOrchestrator('passesOn', {}, 'child');
      } catch (error) {
        return error instanceof df.TaskFailedError ? error.failureDetails : 'no details';
      }
      return undefined;
    },
  },
  activities: {
    fail: () => {
      // So the library throws where the app's exception-properties provider knows an error.
      const details = { errorType: 'OutOfStock', errorMessage: 'none left', isNonRetriable: false };
      throw new Error(JSON.stringify({ ...details, properties: { article: 'x' }, stackTrace: 'at …' }));
    },
  },
};
const expectedDetails = {
  errorType: 'OutOfStock',
  errorMessage: 'none left',
  isNonRetriable: false,
  properties: { article: 'x' },
};

test('gives the orchestrator the details of a failure that the app describes', async () => {
  expect((await simulate(detailed, 'reads')).output()).toMatchObject(expectedDetails);
});

test('passes the details of a failure on to the parent', async () => {
  const simulation = await simulate(detailed, 'parent');
  expect(simulation.output()).toMatchObject(expectedDetails);
  expect(simulation.get('child')).toMatchObject({ status: 'Failed', output: '"OutOfStock: none left"' });
});

test('lets an orchestration wait in vain for an activity that does not exist, as on Azure, and says so', async () => {
  const app: SimulatedApp = {
    orchestrators: {
      *typo(context) {
        yield context.df.callActivity('wrok', {});
      },
    },
  };
  const simulation = await simulate(app, 'typo');
  expect(simulation.get().status).toBe('Running');
  expect(simulation.warnings).toEqual([expect.stringContaining("The function 'wrok' doesn't exist")]);
});

test('fails an instance of an orchestrator that does not exist', async () => {
  const simulation = await simulate({ orchestrators: {} }, 'gone');
  expect(simulation.get().status).toBe('Failed');
  expect(simulation.get().output).toContain("The function 'gone' doesn't exist");
});

test('takes no more actions than host.json allows', async () => {
  const app: SimulatedApp = {
    orchestrators: {
      *many(context) {
        for (let n = 0; n < 4; n += 1) yield context.df.callActivity('work', { n });
      },
    },
    activities: { work: () => 1 },
    options: { maxOrchestrationActions: 3 },
  };
  const simulation = await simulate(app, 'many');
  expect(simulation.ran).toHaveLength(3);
  expect(simulation.warnings).toEqual([
    expect.stringContaining('Maximum amount of orchestration actions (3)'),
  ]);
});

test('fails where the worker answers what is no state of an orchestration', async () => {
  const simulation = new Simulation({ orchestrators: {} });
  const { prepareTurn, runTurn } = await import('../../../../../local/durable/engine/turn.ts');
  simulation.start('odd');
  const [odd] = simulation.instances.values();
  const messages = odd?.inbox.map(({ event }, sequence) => ({ sequence, event })) ?? [];
  const options = { ...simulation.options, hasOrchestrator: () => true };
  const now = new Date(simulation.now);
  const turn = prepareTurn({ instance: simulation.get(), past: [], messages }, now, options);
  if (turn.kind !== 'invoke') throw new Error(turn.kind);
  const { instance } = runTurn(turn, { kind: 'returned', value: { isDone: true } }, now, options);
  expect(instance.status).toBe('Failed');
  expect(instance.output).toContain('must return a valid JSON schema');
});
