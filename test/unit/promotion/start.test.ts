import { beforeEach, describe, expect, it } from 'vitest';
import { cleanUpPromotions } from '../../../shared/promotion/clean-up.ts';
import { orderPromotion, rollBackModel } from '../../../shared/promotion/orders.ts';
import { planSchema } from '../../../shared/promotion/plan.ts';
import { listPromotions, readPromotion } from '../../../shared/promotion/read-promotions.ts';
import { promotionRowSchema } from '../../../shared/promotion/record.ts';
import { startPromotion } from '../../../shared/promotion/start.ts';
import { isOver } from '../../../shared/promotion/state.ts';
import { trafficRowSchema } from '../../../shared/registry/rows.ts';
import { release } from '../../../shared/registry/traffic.ts';
import { emptyRow, MINUTE_MS, rowId, shardOf } from '../../../shared/rollups/minute-row.ts';
import { MODEL, PLAN, PromotionWorld } from '../../fixtures/promotion-world.ts';

const DAY = 86_400_000;
const APPROVED = planSchema.parse({ ...PLAN, approval: 'before-full' });

let world: PromotionWorld;
beforeEach(async () => {
  world = await PromotionWorld.create();
});

const cleanUp = () => cleanUpPromotions(world.parts, world.orchestrations);

/** Lets minutes pass until the promotion is in a phase. */
async function until(id: string, phase: string): Promise<void> {
  for (let minute = 0; minute < 60 && world.record(id).state.situation.phase !== phase; minute += 1) {
    await world.minute();
    await world.check(id);
  }
  expect(world.record(id).state.situation.phase).toBe(phase);
}

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
      await cleanUp();
      const own = world.traffic().claim;
      if (!died && own !== null) continue;
      if (own !== null) expect(Date.parse(own.validUntil)).toBeGreaterThan(world.now);
      world.now += 61_000;
      await cleanUp();
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

describe('the clean-up', () => {
  it('leaves a promotion alone that is only late', async () => {
    const id = await world.start();
    await until(id, 'canary');
    world.now += DAY;
    await cleanUp();
    expect(world.traffic().claim?.promotionId).toBe(id);
    expect((await world.check(id)).done).toBe(false);
    expect(Date.parse(world.traffic().claim?.validUntil ?? '')).toBeGreaterThan(world.now);
  });

  it.each(['missing', 'ended'] as const)(
    'takes the traffic back where the orchestration is %s',
    async (status) => {
      const id = await world.start();
      await until(id, 'canary');
      if (status === 'missing') world.instances.delete(id);
      else world.instances.set(id, 'ended');
      await cleanUp();
      expect(world.traffic().canary).not.toBeNull();
      world.now += DAY;
      await cleanUp();
      expect(world.traffic()).toMatchObject({ claim: null, canary: null, champion: { version: '1' } });
      expect(world.record(id).state.situation).toMatchObject({ phase: 'aborted', by: 'tollgate' });
      expect(await world.check(id)).toMatchObject({ done: true });
    },
  );

  it('goes on watching a new champion whose orchestration was lost', async () => {
    const id = await world.start();
    await until(id, 'promoted');
    world.instances.delete(id);
    world.now += DAY;
    await cleanUp();
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
    await until(id, 'canary');
    await takeAway();
    expect(await world.check(id)).toMatchObject({ done: true, status: { phase: 'aborted' } });
    expect(world.record(id).state.situation).toMatchObject({ by: 'somebody' });
    expect(world.traffic()).toMatchObject({ champion: { version: '1' }, canary: null, claim: null });
  });

  it('is not watched any more where its candidate is champion', async () => {
    const id = await world.start();
    await until(id, 'promoted');
    await takeAway();
    expect(await world.check(id)).toMatchObject({ done: true, status: { phase: 'promoted' } });
    expect(world.traffic()).toMatchObject({ champion: { version: '2' }, claim: null });
    expect(await world.stateOf('1')).toBe('retired');
  });
});

describe('an order', () => {
  it('of one who did not ask for the promotion approves it', async () => {
    const id = await world.start('2', APPROVED, 'ada');
    await expect(
      orderPromotion(world.parts, MODEL, id, { kind: 'approve', by: 'bob' }),
    ).rejects.toMatchObject({
      kind: 'conflict',
    });
    await until(id, 'awaiting-approval');
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
    await until(id, phase);
    for (let minute = 0; minute < 30; minute += 1) {
      await world.minute();
      await world.check(id);
      expect(Date.parse(world.traffic().claim?.validUntil ?? '')).toBeGreaterThan(world.now + MINUTE_MS);
    }
  });

  it('to abort returns the traffic at once, and says who and why', async () => {
    const id = await world.start();
    await until(id, 'canary');
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
    await until(id, 'canary');
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
    await until(first, 'promoted');
    for (let minute = 0; minute < 10; minute += 1) {
      await world.minute();
      await world.check(first);
    }
    const second = await world.start('3');
    await until(second, 'canary');
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
    await until(id, 'canary');
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
    await until(id, 'promoted');
    await rollBackModel(world.parts, MODEL, { by: 'ada', reason: 'because' });
    expect(world.traffic()).toMatchObject({ champion: { version: '1' }, claim: null });
    expect(world.record(id).state.situation).toMatchObject({ phase: 'rolled-back', by: 'ada' });
    expect(await world.check(id)).toMatchObject({ done: true });
  });
});

describe('the list', () => {
  it('has the newest first, in pages', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      world.now += 1_000;
      const id = await world.start();
      ids.unshift(id);
      await orderPromotion(world.parts, MODEL, id, { kind: 'abort', by: 'bob', reason: 'no' });
    }
    const pages: string[][] = [];
    for (let after: string | undefined; ;) {
      const { items, next } = await listPromotions(world.parts, MODEL, 2, after);
      pages.push(items.map(({ promotionId }) => promotionId));
      after = next;
      if (after === undefined) break;
    }
    expect(pages).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
  });
});
