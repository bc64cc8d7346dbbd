import { beforeEach, describe, expect, it } from 'vitest';
import { cleanUpPromotions } from '../../../shared/promotion/clean-up.ts';
import { planSchema } from '../../../shared/promotion/plan.ts';
import { startPromotion } from '../../../shared/promotion/start.ts';
import { trafficRowSchema } from '../../../shared/registry/rows.ts';
import { emptyRow, MINUTE_MS, rowId, shardOf } from '../../../shared/rollups/minute-row.ts';
import { MODEL, PLAN, PromotionWorld } from '../../fixtures/promotion-world.ts';
import { APPROVED } from '../../fixtures/until-phase.ts';

let world: PromotionWorld;
beforeEach(async () => {
  world = await PromotionWorld.create();
});

/** Requests in each of the minutes before now. */
async function trafficBefore(minutes: number, perMinute: number): Promise<void> {
  for (let ago = 1; ago <= minutes; ago += 1) {
    const minute = world.now - ago * MINUTE_MS;
    const key = {
      kind: 'requests',
      version: '1',
      variant: 'champion',
      model: MODEL,
      partition: '0',
      minute,
    } as const;
    const empty = emptyRow(key);
    const row = { ...empty, counts: { ...empty.counts, ok: perMinute } };
    await world.rollups.create(shardOf(row), rowId(row), row);
  }
}

describe('starting a promotion', () => {
  it('takes the claim, writes the document and its copy, and starts the orchestration', async () => {
    const id = await world.start();
    expect(world.traffic()).toMatchObject({
      champion: { version: '1' },
      canary: null,
      shadow: null,
      claim: { promotionId: id, candidate: '2' },
    });
    expect(world.record(id)).toMatchObject({
      version: '2',
      champion: '1',
      state: { situation: { phase: 'shadow' } },
    });
    expect(world.memory.files.has(`${MODEL}/promotions/${id}.json`)).toBe(true);
    expect(world.instances.get(id)).toBe('going');
  });

  it('lets one of many of the same moment through', async () => {
    const starts = await Promise.allSettled(Array.from({ length: 20 }, () => world.start()));
    const refused = starts.filter((one) => one.status === 'rejected').map(({ reason }): unknown => reason);
    expect(refused).toHaveLength(19);
    for (const one of refused) expect(one).toMatchObject({ kind: 'conflict' });
    expect(world.instances.size).toBe(1);
  });

  it('refuses what does not exist, was rejected, or is champion', async () => {
    await expect(world.start('9')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(world.start('1')).rejects.toMatchObject({ kind: 'conflict' });
    const rejected = world.memory.rows.get(`${MODEL}/version:3`);
    await world.memory.documents.replace(
      MODEL,
      'version:3',
      { ...Object(rejected?.value), state: 'rejected' },
      rejected?.etag ?? '',
    );
    await expect(world.start('3')).rejects.toMatchObject({ kind: 'conflict' });
    expect(world.traffic()).toMatchObject({ epoch: 1, claim: null });
  });

  it('refuses a plan that a day of traffic cannot fill, and says what it takes', async () => {
    await trafficBefore(25 * 60, 1);
    await expect(world.start('2', planSchema.parse({ ...PLAN, minRequests: 1_000 }))).rejects.toMatchObject({
      kind: 'invalid',
      problems: [
        { path: '/plan', message: expect.stringContaining('it takes 17 hours') },
        expect.anything(),
        expect.anything(),
      ],
    });
    expect(world.traffic().claim).toBeNull();
  });

  it('accepts it with a warning while less than a day is on record', async () => {
    await trafficBefore(60, 1);
    const request = {
      version: '2',
      plan: planSchema.parse({ ...PLAN, minRequests: 1_000 }),
      requestedBy: undefined,
    };
    const { warnings } = await startPromotion(world.parts, world.orchestrations, MODEL, request);
    expect(warnings[0]).toContain('cannot reach its minimum');
  });

  it('asks who requests it where somebody has to approve', async () => {
    await expect(world.start('2', APPROVED)).rejects.toMatchObject({
      kind: 'invalid',
      problems: [{ path: '/requestedBy' }],
    });
    await world.start('2', APPROVED, 'ada');
  });

  it("goes by the plan of the model's folder where none is given", async () => {
    world.planOfFolder = APPROVED;
    const request = { version: '2', requestedBy: 'ada' };
    const { promotionId } = await startPromotion(world.parts, world.orchestrations, MODEL, request);
    expect(world.record(promotionId).state.plan).toEqual(APPROVED);
  });

  it('leaves nothing behind where the orchestration cannot be started', async () => {
    world.orchestrations = { ...world.orchestrations, start: () => Promise.reject(new Error('down')) };
    await expect(world.start()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(world.traffic().claim).toBeNull();
  });

  it('leaves at most what the clean-up ends, wherever it is killed', async () => {
    for (let call = 1; call <= 20; call += 1) {
      world = await PromotionWorld.create();
      let calls = 0;
      world.memory.before = () => {
        if ((calls += 1) >= call) throw new Error('killed');
      };
      const died = await world.start().then(
        () => false,
        () => true,
      );
      world.memory.before = () => undefined;
      await cleanUpPromotions(world.parts, world.orchestrations);
      const own = world.traffic().claim;
      if (!died && own !== null) continue;
      if (own !== null) expect(Date.parse(own.validUntil)).toBeGreaterThan(world.now);
      world.now += 61_000;
      await cleanUpPromotions(world.parts, world.orchestrations);
      expect(world.traffic()).toMatchObject({
        claim: null,
        canary: null,
        shadow: null,
        champion: { version: '1' },
      });
      expect(world.copyOf('traffic.json', trafficRowSchema)).toEqual(world.traffic());
      await world.start();
    }
  });
});
