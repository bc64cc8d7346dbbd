import fc from 'fast-check';
import { expect, test } from 'vitest';
import { patternApp } from './patterns.ts';
import { expectAllReplayable, inOrder, randomly, Simulation, type Choose } from './simulation.ts';

const RESULTS: Readonly<Record<string, unknown>> = {
  chain: 8,
  fanOut: [[2, 4, 6, 8], 100],
  parallelRetries: [[3, 8, 2], 12],
  allAttemptsFail: [true, 16],
  family: [
    [6, [4, [2, ['leaf']]]],
    [4, [2, ['leaf']]],
    [2, ['leaf']],
    [2, ['leaf']],
  ],
  count: 'counted',
  approval: [{ by: 'me' }, 42],
  race: [4, [10, null, [2, ['leaf']]]],
  longWait: [14, 18],
  entities: ['@counter@one.get', [6, '@counter@two.get']],
  criticalSection: ['@account@a.take', 20],
};

async function runPattern(name: string, choose: Choose, isPaused: boolean): Promise<Simulation> {
  const simulation = new Simulation(patternApp());
  simulation.start(name);
  if (isPaused) simulation.suspend('for a moment');
  if (name === 'approval') simulation.raise('approve', { by: 'me' });
  if (isPaused) simulation.resume('again');
  await simulation.run(choose);
  return simulation;
}

test.for(Object.keys(RESULTS))('%s ends with its result, one message a turn', async (name) => {
  const simulation = await runPattern(name, inOrder, false);
  expect(simulation.output()).toEqual(RESULTS[name]);
  await expectAllReplayable(simulation);
  expect(simulation.warnings).toEqual([]);
});

test('whatever the order and the batching, a run ends with the same result and a history that replays', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(RESULTS)),
      fc.integer(),
      fc.boolean(),
      async (name, seed, isPaused) => {
        const simulation = await runPattern(name, randomly(seed), isPaused);
        expect(simulation.output()).toEqual(RESULTS[name]);
        await expectAllReplayable(simulation);
      },
    ),
    { numRuns: 200 },
  );
});
