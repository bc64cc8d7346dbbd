import { beforeEach, describe, expect, it } from 'vitest';
import { orderPromotion, rollBackModel } from '../../../shared/promotion/orders.ts';
import { MODEL, PromotionWorld } from '../../fixtures/promotion-world.ts';
import { APPROVED, untilPhase } from '../../fixtures/until-phase.ts';

let world: PromotionWorld;
beforeEach(async () => {
  world = await PromotionWorld.create();
});

/** What telemetry was told: each event's name without its prefix, the phase, and the reason. */
const told = () =>
  world.telemetry.told.map(([kind, name, , attributes]) => {
    expect(kind).toBe('event');
    expect(attributes).toMatchObject({ model: MODEL, version: '2' });
    return [String(name).replace('tollgate.promotion.', ''), attributes];
  });
const event = (name: string, phase: string, reason?: unknown): unknown[] => [
  name,
  expect.objectContaining(reason === undefined ? { phase } : { phase, reason }),
];

describe('telemetry of a promotion', () => {
  it('is told of its start, of its end, and of what a person takes back after it', async () => {
    const id = await world.start();
    await untilPhase(world, id, 'promoted');
    for (let minute = 0; minute < 5; minute += 1) {
      await world.minute();
      await world.check(id);
    }
    await rollBackModel(world.parts, MODEL, { by: 'ada', reason: 'ada saw bob cry' });
    expect(told()).toEqual([
      event('started', 'shadow'),
      event('ended', 'promoted', 'all gates have passed'),
      event('ended', 'rolled-back', expect.any(String)),
    ]);
    expect(JSON.stringify(told())).not.toMatch(/ada|bob/);
  });

  it('is told of a gate that fails, with what it found', async () => {
    const id = await world.start();
    world.failing = 0.9;
    await untilPhase(world, id, 'rolled-back');
    expect(told().at(-1)).toEqual(event('ended', 'rolled-back', expect.stringMatching(/^errorRate: /)));
  });

  it('is told once that somebody has to decide, and not what a person wrote', async () => {
    const id = await world.start('2', APPROVED, 'ada');
    await untilPhase(world, id, 'awaiting-approval');
    await world.check(id);
    await orderPromotion(world.parts, MODEL, id, { kind: 'abort', by: 'bob', reason: 'bob is afraid' });
    expect(told()).toEqual([
      event('started', 'shadow'),
      event('waiting', 'awaiting-approval', expect.stringContaining('approval')),
      event('ended', 'aborted', expect.any(String)),
    ]);
    expect(JSON.stringify(told())).not.toMatch(/ada|bob/);
  });
});
