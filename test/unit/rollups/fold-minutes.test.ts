import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Block, EMPTY_BLOCK, mergeBlocks } from '../../../shared/promotion/evidence.ts';
import { latencyBucket } from '../../../shared/promotion/latency-sketch.ts';
import { scoreBucket } from '../../../shared/promotion/score-buckets.ts';
import { foldMinutes, watermarkOf, watermarkSchema } from '../../../shared/rollups/fold-minutes.ts';
import { RollupWriter } from '../../../shared/rollups/rollup-writer.ts';
import { MemoryRollups } from '../../fixtures/memory-rollups.ts';
import { Collected, eventOfWhat, type Happened, happened, STEP, TEN } from './happened.ts';

/** What the promotion has to learn of everything that happened, counted by hand. */
function expected(all: readonly Happened[]): Block {
  const of = (...what: readonly Happened['what'][]) => all.filter((one) => what.includes(one.what));
  const accounts = (...what: readonly Happened['what'][]) =>
    new Set(of(...what).map(({ account }) => account)).size;
  const buckets = (bucket: number, n: number) => (n === 0 ? {} : { [bucket]: n });
  const pairs = of('pair', 'pair differs', 'pair error').length;
  const [differ, failed] = [of('pair differs').length, of('pair error').length];
  const runTime = latencyBucket(0.02);
  return {
    champion: {
      n: of('ok', 'error').length,
      failures: accounts('error'),
      fallbacks: 0,
      runTimes: buckets(runTime, of('ok').length),
    },
    canary: {
      n: of('canary ok', 'canary error', 'fallback').length,
      failures: accounts('canary error', 'fallback'),
      fallbacks: of('fallback').length,
      runTimes: buckets(runTime, of('canary ok').length),
    },
    pairs: {
      n: pairs,
      scored: pairs - failed,
      champion: { errors: 0, flagged: 0, blocked: 0, scores: buckets(scoreBucket(0.25), pairs - failed) },
      candidate: {
        errors: failed,
        flagged: differ,
        blocked: differ,
        scores: { ...buckets(scoreBucket(0.26), of('pair').length), ...buckets(scoreBucket(0.9), differ) },
      },
      errors: { candidateOnly: accounts('pair error'), championOnly: 0 },
      flagged: { candidateOnly: accounts('pair differs'), championOnly: 0 },
      blocked: { candidateOnly: accounts('pair differs'), championOnly: 0 },
    },
  };
}

const evidence = (all: readonly Happened[]) =>
  all.filter(({ what }) => what !== 'pinned' && what !== 'replayed');
const looks = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 12 });

/** Looks until everything has settled, and adds up. */
async function lookedAt(all: readonly Happened[], gaps: readonly number[], early: boolean) {
  const collected = new Collected(all);
  let watermark = watermarkOf(STEP, TEN);
  let sum = EMPTY_BLOCK;
  let now = TEN;
  for (const gap of [...gaps, ...Array.from({ length: 20 }, () => 30)]) {
    now += gap * 1_000;
    await collected.until(now);
    const fold = await collected.look(watermark, now, early);
    sum = mergeBlocks(sum, fold.block);
    // As it lies in the promotion's document.
    watermark = watermarkSchema.parse(JSON.parse(JSON.stringify(fold.watermark)));
  }
  return { sum, watermark, rows: collected.rows.all() };
}

describe('folding minutes into evidence', () => {
  it.each([true, false])(
    'gives every event once and every account once, at whatever times it looks (early: %s)',
    async (early) => {
      await fc.assert(
        fc.asyncProperty(fc.array(happened, { maxLength: 60 }), looks, async (some, gaps) => {
          const all = some.map((one) => ({ ...one, after: Math.min(one.after, 20) }));
          const { sum, watermark } = await lookedAt(all, gaps, early);
          expect(sum).toEqual(expected(all));
          expect(watermark.late).toBe(0);
        }),
        { numRuns: 200 },
      );
    },
  );

  it('counts what comes after its minute has settled as late, and nowhere else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happened, { maxLength: 60 }), looks, async (all, gaps) => {
        for (const early of [true, false]) {
          const { sum, watermark } = await lookedAt(all, gaps, early);
          expect(sum.champion.n + sum.canary.n + sum.pairs.n + watermark.late).toBe(evidence(all).length);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('waits until a minute is 30 s old, and not that long for plans of seconds', async () => {
    const one = { second: 5, partition: 0, account: 1, what: 'ok', after: 1 } as const;
    const collected = new Collected([one]);
    await collected.until(TEN + 10_000);
    const start = watermarkOf(STEP, TEN);
    expect((await collected.look(start, TEN + 10_000, true)).block.champion.n).toBe(1);
    expect((await collected.look(start, TEN + 89_999, false)).block.champion.n).toBe(0);
    expect((await collected.look(start, TEN + 90_000, false)).block.champion.n).toBe(1);
  });

  it('leaves out what belongs to another step, and counts accounts afresh in each', async () => {
    const rows = new MemoryRollups();
    const writer = new RollupWriter(rows);
    const failed = { second: 5, partition: 0, account: 1, what: 'error', after: 0 } as const;
    for (const step of [STEP, STEP + 1]) {
      await writer.count('0', [{ ...eventOfWhat(failed, step), sequenceNumber: step }]);
    }
    const all = rows.all();
    const look = { now: TEN + 10_000, early: true };
    const fold = foldMinutes(all, watermarkOf(STEP, TEN), look);
    expect(fold.block.champion).toMatchObject({ n: 1, failures: 1 });
    const later = foldMinutes(all, watermarkOf(STEP + 1, TEN + 9_000), look);
    expect(later.block.champion).toMatchObject({ n: 1, failures: 1 });
    expect(foldMinutes(all, watermarkOf(undefined, TEN), look).block).toEqual(EMPTY_BLOCK);
  });

  it('keeps a watermark of a few KB where nothing fails', async () => {
    const all = Array.from({ length: 2_000 }, (_, i): Happened => ({
      second: i % 200,
      partition: i % 2,
      account: i,
      what: (['ok', 'canary ok', 'pair'] as const)[i % 3] ?? 'ok',
      after: 1,
    }));
    const { watermark } = await lookedAt(all, [30, 30, 30], true);
    expect(JSON.stringify(watermark).length).toBeLessThan(4_000);
  });
});
