import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block } from '../../../shared/promotion/evidence.ts';
import { orderPromotion, rollBackModel } from '../../../shared/promotion/orders.ts';
import { planSchema } from '../../../shared/promotion/plan.ts';
import { promotionRowSchema, trafficStep } from '../../../shared/promotion/record.ts';
import { isOver } from '../../../shared/promotion/state.ts';
import { trafficRowSchema } from '../../../shared/registry/rows.ts';
import { MODEL, PLAN, PromotionWorld } from '../../fixtures/promotion-world.ts';

class Killed extends Error {}

/** The process dies at its n-th call of a service: none of its later calls is made. */
function killAt(world: PromotionWorld, call: number): void {
  let calls = 0;
  world.memory.before = () => {
    calls += 1;
    if (calls >= call) throw new Killed();
  };
}

function revive(world: PromotionWorld): void {
  world.memory.before = () => undefined;
}

/** Runs something that may die, and again until it does not. @param deaths at which call, for each attempt */
async function despite<T>(
  world: PromotionWorld,
  deaths: readonly number[],
  act: () => Promise<T>,
): Promise<T> {
  for (const call of deaths) {
    killAt(world, call);
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    } finally {
      revive(world);
    }
  }
  return act();
}

/** Lets a promotion run to its end. @returns how many minutes that took */
async function run(
  world: PromotionWorld,
  id: string,
  deaths: (minute: number) => readonly number[] = () => [],
  each: (minute: number) => Promise<void> = () => Promise.resolve(),
  gaps: (minute: number) => number = () => 1,
): Promise<number> {
  for (let minute = 1; minute <= 60; minute += 1) {
    for (let passed = 0; passed < gaps(minute); passed += 1) await world.minute();
    await each(minute);
    const { done } = await despite(world, deaths(minute), () => world.check(id));
    checkEvidence(world, id);
    if (done) return minute;
  }
  throw new Error('The promotion does not end');
}

/** Every event of the minutes that the watermark has passed is in the phase's evidence, once. */
function checkEvidence(world: PromotionWorld, id: string): void {
  const { state, watermark } = world.record(id);
  if (isOver(state)) return;
  const step = trafficStep(state);
  let [requests, pairs] = [0, 0];
  for (const row of world.rollups.all()) {
    if (row.promotionId !== id || row.step !== step || row.minute >= watermark.settledBefore) continue;
    if (row.kind === 'pairs') pairs += row.table.reduce((sum, count) => sum + count, 0);
    else requests += row.counts.ok + row.counts.error;
  }
  const { champion, canary, pairs: seen }: Block = state.gathered.phase;
  expect({ requests: champion.n + canary.n, pairs: seen.n }).toEqual({ requests, pairs });
}

/** Nothing is left over of a promotion, and the copies are those of the documents. */
function checkAtRest(world: PromotionWorld, id: string): void {
  expect(world.traffic()).toMatchObject({ claim: null, canary: null, shadow: null });
  expect(world.copyOf('traffic.json', trafficRowSchema)).toEqual(world.traffic());
  expect(world.copyOf(`promotions/${id}.json`, promotionRowSchema)).toEqual(world.record(id));
}

const deathsOfMinutes = fc.array(fc.array(fc.integer({ min: 1, max: 16 }), { maxLength: 3 }), {
  maxLength: 30,
});

/** How many minutes pass before a check. */
const gapsOfMinutes = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 30 });

describe('a promotion', () => {
  it('goes through its phases, and makes its candidate champion', async () => {
    const world = await PromotionWorld.create();
    const id = await world.start();
    const seen: unknown[] = [];
    await run(world, id, undefined, () => {
      const { canary, shadow, claim, champion } = world.traffic();
      seen.push([champion.version, canary?.percent ?? 0, shadow !== null, claim?.step]);
      return Promise.resolve();
    });
    expect([...new Set(seen.map((one) => JSON.stringify(one)))]).toEqual([
      '["1",0,false,0]',
      '["1",0,true,0]',
      '["1",50,true,1]',
      '["1",100,true,2]',
      '["2",0,false,3]',
    ]);
    expect(world.traffic()).toMatchObject({
      champion: { version: '2' },
      previousChampion: { version: '1', promotionId: id },
    });
    expect(world.record(id).state.situation).toMatchObject({ phase: 'promoted', watched: false });
    expect(await world.stateOf('1')).toBe('retired');
    checkAtRest(world, id);
  });

  it('keeps every evaluation, also where one document has no room for them', async () => {
    const world = await PromotionWorld.create();
    const plan = planSchema.parse({ ...PLAN, shadow: { bake: '119m' } });
    const id = await world.start('2', plan);
    for (let minute = 0; minute < 118; minute += 1) {
      await world.minute();
      await world.check(id);
    }
    const record = world.record(id);
    expect(record.pages).toBe(2);
    const times = (await world.parts.store.evaluations(record)).map(({ at }) => Date.parse(at));
    expect(times).toEqual(Array.from({ length: 118 }, (_, minute) => record.number + (minute + 1) * 60_000));
    expect(world.memory.files.has(`${MODEL}/promotions/${id}/evaluations-1.json`)).toBe(true);
  });

  it('comes to the same end wherever it is killed, and counts nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(deathsOfMinutes, gapsOfMinutes, async (deaths, gaps) => {
        const world = await PromotionWorld.create();
        const id = await world.start();
        await run(
          world,
          id,
          (minute) => deaths[minute] ?? [],
          undefined,
          (minute) => gaps[minute] ?? 1,
        );
        const { situation } = world.record(id).state;
        expect(situation).toMatchObject({ phase: 'promoted', watched: false });
        expect(world.traffic()).toMatchObject({
          champion: { version: '2' },
          previousChampion: { version: '1' },
        });
        expect(await world.stateOf('1')).toBe('retired');
        checkAtRest(world, id);
      }),
      { numRuns: 60 },
    );
  });

  it('takes everything back from a candidate that fails, wherever it is killed', async () => {
    await fc.assert(
      fc.asyncProperty(deathsOfMinutes, fc.integer({ min: 0, max: 8 }), async (deaths, from) => {
        const world = await PromotionWorld.create();
        const id = await world.start();
        await run(
          world,
          id,
          (minute) => deaths[minute] ?? [],
          (minute) => {
            if (minute >= from) world.failing = 0.9;
            return Promise.resolve();
          },
        );
        expect(world.record(id).state.situation).toMatchObject({ phase: 'rolled-back', gate: 'errorRate' });
        expect(world.traffic()).toMatchObject({ champion: { version: '1' }, previousChampion: null });
        expect(await world.stateOf('1')).toBe('registered');
        checkAtRest(world, id);
      }),
      { numRuns: 40 },
    );
  });

  it('is aborted or rolled back at any time, wherever the order or a check is killed', async () => {
    const order = fc.constantFrom('abort' as const, 'rollback' as const);
    const death = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(
        deathsOfMinutes,
        order,
        fc.integer({ min: 1, max: 12 }),
        death,
        async (deaths, kind, at, dies) => {
          const world = await PromotionWorld.create();
          const id = await world.start();
          let accepted = false;
          await run(
            world,
            id,
            (minute) => deaths[minute] ?? [],
            async (minute) => {
              if (minute !== at || isOver(world.record(id).state)) return;
              if (kind === 'abort' && world.record(id).state.situation.phase === 'promoted') return;
              accepted = true;
              const why = { by: 'ada', reason: 'because' };
              const act = async () => {
                if (kind === 'abort') await orderPromotion(world.parts, MODEL, id, { kind, ...why });
                else await rollBackModel(world.parts, MODEL, why);
              };
              // One that was killed may have been recorded: then the next check has to carry it out.
              await despite(world, dies, act).catch((error: unknown) =>
                expect(error).toMatchObject({ kind: 'conflict' }),
              );
            },
          );
          const { phase } = world.record(id).state.situation;
          expect(world.traffic().champion.version).toBe(phase === 'promoted' ? '2' : '1');
          if (accepted) expect(['aborted', 'rolled-back']).toContain(phase);
          checkAtRest(world, id);
        },
      ),
      { numRuns: 80 },
    );
  });

  it('may be checked by several at once', async () => {
    const world = await PromotionWorld.create();
    const id = await world.start();
    for (let minute = 0; minute < 40; minute += 1) {
      await world.minute();
      await Promise.all([world.check(id), world.check(id), world.check(id)]);
      checkEvidence(world, id);
    }
    expect(world.record(id).state.situation).toMatchObject({ phase: 'promoted', watched: false });
    checkAtRest(world, id);
  });
});
