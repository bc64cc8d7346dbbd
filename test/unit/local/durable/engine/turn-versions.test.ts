import { expect, test } from 'vitest';
import { EVENT } from '../../../../../local/durable/history.ts';
import { compareVersions, mayRunVersion } from '../../../../../local/durable/engine/version-match.ts';
import { inOrder, Simulation, type SimulatedApp } from './simulation.ts';

function app(options: SimulatedApp['options']): SimulatedApp {
  return {
    orchestrators: {
      *parent(context) {
        const own = context.df.version;
        const byDefault: unknown = yield context.df.callSubOrchestrator('child', {});
        const given: unknown = yield context.df.callSubOrchestrator('child', {}, undefined, '0.5');
        return [own, byDefault, given];
      },
      *child(context) {
        const nothing: unknown = yield context.df.callActivity('nothing', {});
        return nothing ?? context.df.version;
      },
    },
    activities: { nothing: () => undefined },
    ...(options === undefined ? {} : { options }),
  };
}

test("gives sub-orchestrations the version that is asked for, or else host.json's", async () => {
  const simulation = new Simulation(app({ defaultVersion: '2.0' }));
  simulation.start('parent', null, 'i', '1.0');
  await simulation.run(inOrder);
  expect(simulation.output()).toEqual(['1.0', '2.0', '0.5']);
});

test('fails, or leaves alone, what is newer than the host', async () => {
  const failing = new Simulation(app({ defaultVersion: '1.0', versionFailureStrategy: 'Fail' }));
  failing.start('parent', null, 'i', '1.1');
  await failing.run(inOrder);
  expect(failing.get()).toMatchObject({
    status: 'Failed',
    output: '"VersionMismatch: Orchestration version did not comply with Worker Versioning"',
  });
  expect(failing.history().at(-2)).toMatchObject({ EventType: EVENT.executionCompleted, Result: null });

  const rejecting = new Simulation(app({ defaultVersion: '1.0' }));
  rejecting.start('parent', null, 'i', '1.1');
  await rejecting.run(inOrder);
  expect(rejecting.get().status).toBe('Pending');
  expect(rejecting.warnings).toHaveLength(1);
});

// Reference: the remarks on .NET's System.Version.Parse and CompareTo.
test.for<[string, string, number]>([
  ['', ' ', 0],
  ['', '0.1', -1],
  ['1.0', '', 1],
  ['1.10.0', '1.9.0', 1],
  ['1.0', '1.0.0', -1],
  ['1.0.0.0', '1.0.0.0', 0],
  [' 1.2 ', '1.+2', 0],
  ['10', '9', -1],
  ['1.2.3.4.5', '1.2.3.4.6', -1],
  ['2.0-beta', '10.0', 1],
  ['V1', 'v1', 0],
  ['1.2147483648', '1.3', -1],
])('compares %j with %j as .NET: %i', ([left, right, order]) => {
  expect(Math.sign(compareVersions(left, right))).toBe(order);
  expect(Math.sign(compareVersions(right, left))).toBe(order === 0 ? 0 : -order);
});

test('has the match strategies decide', () => {
  expect(mayRunVersion('None', '9.0', '1.0')).toBe(true);
  expect(mayRunVersion('Strict', '1.0', '1.0')).toBe(true);
  expect(mayRunVersion('Strict', '1.0.0', '1.0')).toBe(false);
  expect(mayRunVersion('CurrentOrOlder', '', '1.0')).toBe(true);
  expect(mayRunVersion('CurrentOrOlder', '1.0', '')).toBe(false);
});
