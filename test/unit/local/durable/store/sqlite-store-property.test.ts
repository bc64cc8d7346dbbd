import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { HubModel, INSTANCES } from './hub-model.ts';

const host = fc.nat(1);
const which = fc.nat(5);
const id = fc.constantFrom(...INSTANCES);
const delay = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5_000 }));
const most = fc.integer({ min: 0, max: 3 });

/** What hosts and clients may do, in words that fast-check prints. */
const step = fc.oneof(
  { weight: 1, arbitrary: fc.tuple(fc.constant('create' as const), host, id) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('send' as const), host, id, delay) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('claimTurns' as const), host, most) },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constant('commit' as const), host, which, fc.nat(2), id, delay),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant('abandon' as const), host, which, delay) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('claimActivities' as const), host, most) },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constant('endActivity' as const),
      host,
      which,
      fc.constantFrom('complete' as const, 'complete' as const, 'abandon' as const),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant('freeze' as const), host, fc.boolean()) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('pass' as const), fc.nat(2_000)) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function run(model: HubModel, next: Step): void {
  switch (next[0]) {
    case 'create':
      return model.create(next[1], next[2]);
    case 'send':
      return model.send(next[1], next[2], next[3]);
    case 'claimTurns':
      return model.claimTurns(next[1], next[2]);
    case 'commit':
      return model.commit(next[1], next[2], next[3], next[4], next[5]);
    case 'abandon':
      return model.abandon(next[1], next[2], next[3]);
    case 'claimActivities':
      return model.claimActivities(next[1], next[2]);
    case 'endActivity':
      return model.endActivity(next[1], next[2], next[3]);
    case 'freeze':
      return model.freeze(next[1], next[2]);
    case 'pass':
      return model.pass(next[1]);
  }
}

test('delivers every message in one committed turn and every activity once, whatever hosts do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hub-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let runs = 0;
  const property = fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 80 }), async (steps) => {
    const model = new HubModel(join(folder, `${runs++}.db`));
    try {
      model.create(0, 'a');
      for (const next of steps) run(model, next);
      model.finish();
    } finally {
      await model.close();
    }
  });
  await expect(fc.assert(property, { numRuns: 30, seed: 20_260_301 })).resolves.toBeUndefined();
});
