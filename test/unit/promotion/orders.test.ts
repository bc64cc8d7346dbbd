import { beforeEach, describe, expect, it } from 'vitest';
import { orderPromotion, rollBackModel } from '../../../shared/promotion/orders.ts';
import { planSchema } from '../../../shared/promotion/plan.ts';
import { readPromotion } from '../../../shared/promotion/read-promotions.ts';
import { promotionRowSchema } from '../../../shared/promotion/record.ts';
import { isOver } from '../../../shared/promotion/state.ts';
import { trafficRowSchema } from '../../../shared/registry/rows.ts';
import { MINUTE_MS } from '../../../shared/rollups/minute-row.ts';
import { MODEL, PLAN, PromotionWorld } from '../../fixtures/promotion-world.ts';
import { APPROVED, untilPhase } from '../../fixtures/until-phase.ts';

let world: PromotionWorld;
beforeEach(async () => {
  world = await PromotionWorld.create();
});

describe('an order', () => {
  it('of one who did not ask for the promotion approves it', async () => {
    const id = await world.start('2', APPROVED, 'ada');
    await expect(
      orderPromotion(world.parts, MODEL, id, { kind: 'approve', by: 'bob' }),
    ).rejects.toMatchObject({
      kind: 'conflict',
    });
    await untilPhase(world, id, 'awaiting-approval');
    const own = orderPromotion(world.parts, MODEL, id, { kind: 'approve', by: 'ada' });
    await expect(own).rejects.toMatchObject({ kind: 'forbidden' });
    await orderPromotion(world.parts, MODEL, id, { kind: 'approve', by: 'bob' });
    await world.check(id);
    expect(world.record(id).state.situation).toMatchObject({ phase: 'canary', step: 2 });
    expect(world.record(id).changes).toContainEqual(expect.objectContaining({ by: 'bob', what: 'approved' }));
  });

  it.each(['awaiting-approval', 'promoted'] as const)('keeps the claim while it is %s', async (phase) => {
    const approval = phase === 'promoted' ? 'none' : 'before-full';
    const id = await world.start('2', planSchema.parse({ ...PLAN, approval, keepWarm: '2h' }), 'ada');
    await untilPhase(world, id, phase);
    for (let minute = 0; minute < 30; minute += 1) {
      await world.minute();
      await world.check(id);
      expect(Date.parse(world.traffic().claim?.validUntil ?? '')).toBeGreaterThan(world.now + MINUTE_MS);
    }
  });

  it('to abort returns the traffic at once, and says who and why', async () => {
    const id = await world.start();
    await untilPhase(world, id, 'canary');
    await orderPromotion(world.parts, MODEL, id, { kind: 'abort', by: 'bob', reason: 'no' });
    expect(world.traffic()).toMatchObject({ claim: null, canary: null });
    expect(await readPromotion(world.parts, MODEL, id)).toMatchObject({
      phase: 'aborted',
      percent: 0,
      reason: 'no',
      changes: expect.arrayContaining([expect.objectContaining({ by: 'bob' })]),
    });
    const again = orderPromotion(world.parts, MODEL, id, { kind: 'abort', by: 'bob', reason: 'no' });
    await expect(again).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('to abort returns the traffic also while Blob storage is down', async () => {
    const id = await world.start();
    await untilPhase(world, id, 'canary');
    world.memory.before = (_call, path) => {
      if (path.endsWith('.json')) throw new Error('Blob storage is down');
    };
    await orderPromotion(world.parts, MODEL, id, { kind: 'abort', by: 'bob', reason: 'no' });
    expect(world.traffic()).toMatchObject({ claim: null, canary: null });
    expect(world.reports).toHaveLength(2);
    world.memory.before = () => undefined;
    await world.check(id);
    expect(world.copyOf('traffic.json', trafficRowSchema)).toEqual(world.traffic());
  });

  it('to roll back undoes one promotion, not the one before it too', async () => {
    const first = await world.start();
    await untilPhase(world, first, 'promoted');
    for (let minute = 0; minute < 10; minute += 1) {
      await world.minute();
      await world.check(first);
    }
    const second = await world.start('3');
    await untilPhase(world, second, 'canary');
    const why = { by: 'ada', reason: 'because' };
    // A check returns the traffic between the order's two writes.
    world.memory.before = async (call, key) => {
      if (call !== 'read' || key !== 'traffic' || !isOver(world.record(second).state)) return;
      world.memory.before = () => undefined;
      await world.check(second);
    };
    expect(await rollBackModel(world.parts, MODEL, why)).toMatchObject({ promotionId: second });
    expect(world.traffic()).toMatchObject({ champion: { version: '2' }, claim: null });
    expect(world.record(second).state.situation).toMatchObject({ phase: 'aborted', by: 'ada' });
    await rollBackModel(world.parts, MODEL, why);
    expect(world.traffic()).toMatchObject({
      champion: { version: '1' },
      claim: null,
      previousChampion: null,
    });
    await expect(rollBackModel(world.parts, MODEL, why)).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('leaves the newest copy where an older one is written late', async () => {
    const id = await world.start();
    await untilPhase(world, id, 'canary');
    world.memory.before = async (call, path) => {
      if (call !== 'write' || !path.endsWith(`${id}.json`)) return;
      world.memory.before = () => undefined;
      await orderPromotion(world.parts, MODEL, id, { kind: 'abort', by: 'bob', reason: 'no' });
    };
    await world.minute();
    await world.check(id);
    expect(world.copyOf(`promotions/${id}.json`, promotionRowSchema)).toEqual(world.record(id));
  });

  it('to roll back a new champion that is still watched makes the old one champion again', async () => {
    const id = await world.start();
    await untilPhase(world, id, 'promoted');
    await rollBackModel(world.parts, MODEL, { by: 'ada', reason: 'because' });
    expect(world.traffic()).toMatchObject({ champion: { version: '1' }, claim: null });
    expect(world.record(id).state.situation).toMatchObject({ phase: 'rolled-back', by: 'ada' });
    expect(await world.check(id)).toMatchObject({ done: true });
  });
});
