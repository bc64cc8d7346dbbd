import { beforeEach, describe, expect, it } from 'vitest';
import { cleanUpPromotions } from '../../../shared/promotion/clean-up.ts';
import { release } from '../../../shared/registry/traffic.ts';
import { MODEL, PromotionWorld } from '../../fixtures/promotion-world.ts';
import { untilPhase } from '../../fixtures/until-phase.ts';

const DAY = 86_400_000;

let world: PromotionWorld;
beforeEach(async () => {
  world = await PromotionWorld.create();
});

describe('the clean-up', () => {
  it('leaves a promotion alone that is only late', async () => {
    const id = await world.start();
    await untilPhase(world, id, 'canary');
    world.now += DAY;
    await cleanUpPromotions(world.parts, world.orchestrations);
    expect(world.traffic().claim?.promotionId).toBe(id);
    expect((await world.check(id)).done).toBe(false);
    expect(Date.parse(world.traffic().claim?.validUntil ?? '')).toBeGreaterThan(world.now);
  });

  it.each(['missing', 'ended'] as const)(
    'takes the traffic back where the orchestration is %s',
    async (status) => {
      const id = await world.start();
      await untilPhase(world, id, 'canary');
      if (status === 'missing') world.instances.delete(id);
      else world.instances.set(id, 'ended');
      await cleanUpPromotions(world.parts, world.orchestrations);
      expect(world.traffic().canary).not.toBeNull();
      world.now += DAY;
      await cleanUpPromotions(world.parts, world.orchestrations);
      expect(world.traffic()).toMatchObject({ claim: null, canary: null, champion: { version: '1' } });
      expect(world.record(id).state.situation).toMatchObject({ phase: 'aborted', by: 'tollgate' });
      expect(await world.check(id)).toMatchObject({ done: true });
    },
  );

  it('goes on watching a new champion whose orchestration was lost', async () => {
    const id = await world.start();
    await untilPhase(world, id, 'promoted');
    world.instances.delete(id);
    world.now += DAY;
    await cleanUpPromotions(world.parts, world.orchestrations);
    expect(world.instances.get(id)).toBe('going');
    expect(world.traffic()).toMatchObject({ champion: { version: '2' }, claim: { promotionId: id } });
  });
});

describe('a promotion whose claim somebody has taken away', () => {
  const takeAway = async () => {
    const { claim } = world.traffic();
    if (claim === null) throw new Error('There is no claim');
    await world.registry.changeTraffic(MODEL, release(claim, { at: new Date(world.now), by: 'somebody' }));
  };

  it('ends, and says through whom', async () => {
    const id = await world.start();
    await untilPhase(world, id, 'canary');
    await takeAway();
    expect(await world.check(id)).toMatchObject({ done: true, status: { phase: 'aborted' } });
    expect(world.record(id).state.situation).toMatchObject({ by: 'somebody' });
    expect(world.traffic()).toMatchObject({ champion: { version: '1' }, canary: null, claim: null });
  });

  it('is not watched any more where its candidate is champion', async () => {
    const id = await world.start();
    await untilPhase(world, id, 'promoted');
    await takeAway();
    expect(await world.check(id)).toMatchObject({ done: true, status: { phase: 'promoted' } });
    expect(world.traffic()).toMatchObject({ champion: { version: '2' }, claim: null });
    expect(await world.stateOf('1')).toBe('retired');
  });
});
