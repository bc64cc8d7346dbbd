import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../shared/training/random.ts';
import { planInstances } from '../../../tools/crash-plan.ts';

describe('the plan of a crash test', () => {
  it('is the same for the same seed, and another one for another', () => {
    const plan = (seed: number) => planInstances(50, createRandom(seed));
    expect(plan(3)).toEqual(plan(3));
    expect(plan(3)).not.toEqual(plan(4));
  });

  it('has every kind of orchestration, each with an id of its own and activities of its own', () => {
    const planned = planInstances(200, createRandom(1));
    expect(new Set(planned.map(({ name }) => name)).size).toBe(9);
    const ids = planned.flatMap(({ id, children }) => [id, ...children]);
    expect(new Set(ids).size).toBe(ids.length);
    const keys = planned.flatMap(({ activities }) => activities);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
