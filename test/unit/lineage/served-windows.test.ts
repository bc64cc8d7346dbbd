import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { servedWindows, type ServedWindow } from '../../../shared/lineage/served-windows.ts';
import { orderPromotion, rollBackModel } from '../../../shared/promotion/orders.ts';
import { listPromotions } from '../../../shared/promotion/read-promotions.ts';
import type { TrafficRow } from '../../../shared/registry/rows.ts';
import { MODEL, PromotionWorld } from '../../fixtures/promotion-world.ts';

const VERSIONS = ['1', '2', '3'];
const BY = { by: 'bob', reason: 'a test' };

type Shares = Record<string, number>;

/** Who gets how much, by the row that the scoring workers read. */
function sharesNow({ champion, canary }: TrafficRow): Shares {
  const percent = canary?.percent ?? 0;
  const all = {
    [champion.version]: 100 - percent,
    ...(canary === null ? {} : { [canary.version]: percent }),
  };
  return Object.fromEntries(Object.entries(all).filter(([, share]) => share > 0));
}

async function windowsOf(world: PromotionWorld, version: string): Promise<ServedWindow[]> {
  const { items } = await listPromotions(world.parts, MODEL, 100, undefined);
  const { createdAt = '' } = (await world.registry.version(MODEL, version)) ?? {};
  const champion = world.traffic().champion.version;
  return servedWindows({ version, createdAt }, { promotions: items.toReversed(), champion });
}

/** What a person, or the evidence, may do in a minute. */
const minuteArb = fc.oneof(
  { weight: 12, arbitrary: fc.constant({ kind: 'wait' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('start' as const), version: fc.constantFrom(...VERSIONS) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'abort' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'rollback' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('failing' as const), share: fc.constantFrom(0, 0.5) }),
  },
);

describe('the windows that a version served', () => {
  it('are those in which the traffic row gave it a share, whatever was done to promotions', async () => {
    const seen = new Set<string>();
    const property = fc.asyncProperty(
      fc.array(minuteArb, { minLength: 30, maxLength: 60 }),
      async (minutes) => {
        const world = await PromotionWorld.create();
        const samples: { at: number; shares: Shares }[] = [];
        const ids: string[] = [];
        for (const minute of minutes) {
          const last = ids.at(-1);
          // What does not fit is refused.
          const refused = () => undefined;
          if (minute.kind === 'failing') world.failing = minute.share;
          if (minute.kind === 'start') await world.start(minute.version).then((id) => ids.push(id), refused);
          if (minute.kind === 'abort' && last !== undefined)
            await orderPromotion(world.parts, MODEL, last, { kind: 'abort', ...BY }).catch(refused);
          if (minute.kind === 'rollback') await rollBackModel(world.parts, MODEL, BY).catch(refused);
          for (const id of ids) await world.check(id);
          samples.push({ at: world.now, shares: sharesNow(world.traffic()) });
          await world.minute();
        }
        const windows = new Map<string, ServedWindow[]>();
        for (const version of VERSIONS) windows.set(version, await windowsOf(world, version));
        for (const { at, shares } of samples) {
          const told = [...windows].flatMap(([version, all]) =>
            all
              .filter(({ from, to }) => Date.parse(from) <= at && (to === undefined || at < Date.parse(to)))
              .map(({ percent }) => [version, percent] as const),
          );
          expect(Object.fromEntries(told)).toEqual(shares);
          // One window at a time
          expect(told).toHaveLength(Object.keys(shares).length);
          seen.add(Object.values(shares).join(' '));
        }
        for (const { promotionId } of [...windows.values()].flat())
          expect(promotionId === undefined || ids.includes(promotionId)).toBe(true);
        for (const id of ids) seen.add(world.record(id).state.situation.phase);
      },
    );
    await fc.assert(property, { numRuns: 12, seed: 7, endOnFailure: true });
    for (const part of ['100', '50 50', 'promoted', 'rolled-back', 'aborted']) expect(seen).toContain(part);
  });

  it('name the promotion through which it had them, and none for the first champion', async () => {
    const world = await PromotionWorld.create();
    const id = await world.start('2');
    for (let minute = 0; minute < 12; minute += 1) {
      await world.minute();
      await world.check(id);
    }
    expect(await windowsOf(world, '1')).toMatchObject([
      { variant: 'champion', percent: 100 },
      { variant: 'champion', percent: 50 },
    ]);
    for (const { promotionId } of await windowsOf(world, '1')) expect(promotionId).toBeUndefined();
    const own = await windowsOf(world, '2');
    expect(own.map(({ variant, percent, promotionId }) => [variant, percent, promotionId])).toEqual([
      ['canary', 50, id],
      ['canary', 100, id],
      ['champion', 100, id],
    ]);
    expect(own.at(-1)?.to).toBeUndefined();
    await rollBackModel(world.parts, MODEL, BY);
    expect((await windowsOf(world, '2')).at(-1)?.to).toBe(new Date(world.now).toISOString());
    const first = await windowsOf(world, '1');
    expect(first.at(-1)).toEqual({
      from: new Date(world.now).toISOString(),
      variant: 'champion',
      percent: 100,
    });
    expect(await windowsOf(world, '3')).toEqual([]);
  });
});
