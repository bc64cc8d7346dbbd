import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ShadowEvent } from '../../../shared/events/shadow-event-schema.ts';
import { type Block, EMPTY_BLOCK, mergeBlocks } from '../../../shared/promotion/evidence.ts';
import { latencyBucket } from '../../../shared/promotion/latency-sketch.ts';
import { scoreBucket } from '../../../shared/promotion/score-buckets.ts';
import {
  foldMinutes,
  minutesToRead,
  type Watermark,
  watermarkOf,
  watermarkSchema,
} from '../../../shared/rollups/fold-minutes.ts';
import {
  type MinuteRow,
  type PairSums,
  pairSumsSchema,
  type RequestSums,
  requestSumsSchema,
} from '../../../shared/rollups/minute-row.ts';
import type { Countable } from '../../../shared/rollups/ports.ts';
import { mergePairSums, mergeRequests, readMinutes, sumByVersion } from '../../../shared/rollups/read.ts';
import { RollupWriter } from '../../../shared/rollups/rollup-writer.ts';
import { MemoryRollups } from '../../fixtures/memory-rollups.ts';
import { eventOf, idAt, shadowOf } from '../../fixtures/prediction-events.ts';

const TEN = Date.UTC(2026, 2, 1, 10);
const STEP = 1;
const failure = { code: 'scoring-failed', message: 'no' };

const REQUESTS = ['ok', 'canary ok', 'error', 'canary error', 'fallback', 'pinned', 'replayed'] as const;
const PAIRS = ['pair', 'pair differs', 'pair error'] as const;
type Request = (typeof REQUESTS)[number];
type Pair = (typeof PAIRS)[number];

/** What may happen to a transaction while a promotion runs. */
interface Happened {
  readonly second: number;
  readonly partition: number;
  readonly account: number;
  readonly what: Request | Pair;
  /** Seconds until it is collected. */
  readonly after: number;
}

const happened: fc.Arbitrary<Happened> = fc.record({
  second: fc.nat(240),
  partition: fc.nat(1),
  account: fc.nat(5),
  what: fc.constantFrom(...REQUESTS, ...PAIRS),
  after: fc.oneof({ weight: 9, arbitrary: fc.nat(20) }, { weight: 1, arbitrary: fc.nat(200) }),
});

function eventOfWhat({ second, account, what }: Happened, step = STEP): Countable {
  const time = TEN + second * 1_000;
  const running = { promotionId: 'p1', step, accountHash: account };
  const place = { sequenceNumber: 0, enqueuedTime: 0 };
  const { data: prediction } = eventOf(idAt(time));
  const base = { ...prediction, ...running, modelMs: 0.02 };
  const canary = { variant: 'canary', version: '4' } as const;
  const request = (more: Partial<typeof base>): Countable => ({
    kind: 'prediction',
    time,
    data: { ...base, ...more },
    ...place,
  });
  const pair = (candidate: ShadowEvent['data']['candidate']): Countable => {
    const { data } = shadowOf(idAt(time), { ...running, candidate });
    return { kind: 'shadow', time, data, ...place };
  };
  switch (what) {
    case 'ok':
      return request({});
    case 'canary ok':
      return request(canary);
    case 'error':
      return request({ error: failure });
    case 'canary error':
      return request({ ...canary, error: failure });
    case 'fallback':
      return request({ fallback: { version: '4', error: 'x' } });
    case 'pinned':
      return request({ pinned: true, error: failure });
    case 'replayed':
      return request({ replayed: true, error: failure });
    case 'pair':
      return pair({ version: '4', score: 0.26, decision: 'approve' });
    case 'pair differs':
      return pair({ version: '4', score: 0.9, decision: 'block' });
    case 'pair error':
      return pair({ version: '4', error: 'x' });
  }
}

/** The hub's collector: events are counted when their time has come, in the order in which they were sent. */
class Collected {
  readonly rows = new MemoryRollups();
  readonly #writer = new RollupWriter(this.rows);
  readonly #waiting: { at: number; partition: number; event: Countable }[];
  #numbers = [0, 0];

  constructor(all: readonly Happened[]) {
    this.#waiting = all
      .map((one) => ({
        at: TEN + (one.second + one.after) * 1_000,
        partition: one.partition,
        event: eventOfWhat(one),
      }))
      .toSorted((left, right) => left.at - right.at);
  }

  async until(time: number): Promise<void> {
    while ((this.#waiting[0]?.at ?? Infinity) <= time) {
      const one = this.#waiting.shift();
      if (one === undefined) return;
      const sequenceNumber = (this.#numbers[one.partition] = (this.#numbers[one.partition] ?? 0) + 1);
      await this.#writer.count(`${one.partition}`, [{ ...one.event, sequenceNumber, enqueuedTime: one.at }]);
    }
  }

  async look(watermark: Watermark, now: number, early: boolean) {
    const rows = await readMinutes(this.rows, {
      model: 'cards',
      promotionId: 'p1',
      ...minutesToRead(watermark, now),
    });
    return foldMinutes(rows, watermark, { now, early });
  }
}

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

describe('sums of rows', () => {
  const rowsOf = async (all: readonly Happened[]): Promise<MinuteRow[]> => {
    const collected = new Collected(all);
    await collected.until(Infinity);
    return collected.rows.all();
  };

  it('are the same in any order and grouping', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happened, { minLength: 3, maxLength: 40 }), fc.nat(), async (all, at) => {
        const rows = await rowsOf(all);
        const check = <T>(sums: readonly T[], merge: (left: T, right: T) => T) => {
          const [a, b, c] = [sums.at(0), sums.at(at % (sums.length + 1)), sums.at(-1)];
          if (a === undefined || b === undefined || c === undefined) return;
          expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)));
          expect(merge(a, b)).toEqual(merge(b, a));
        };
        check<RequestSums>(
          rows.filter((row) => row.kind === 'requests').map((row) => requestSumsSchema.parse(row)),
          mergeRequests,
        );
        check<PairSums>(
          rows.filter((row) => row.kind === 'pairs').map((row) => pairSumsSchema.parse(row)),
          mergePairSums,
        );
      }),
      { numRuns: 100 },
    );
  });

  it('tell versions and roles apart', async () => {
    const at = { second: 5, partition: 0, account: 1, after: 0 };
    const rows = await rowsOf([
      { ...at, what: 'ok' },
      { ...at, what: 'ok', partition: 1, second: 65 },
      { ...at, what: 'pinned' },
      { ...at, what: 'fallback' },
      { ...at, what: 'pair' },
    ]);
    expect(sumByVersion(rows)).toMatchObject([
      { version: '3', variant: 'champion', sums: { counts: { ok: 2, pinnedError: 1 } } },
      { version: '4', variant: 'canary', sums: { counts: { fallback: 1 } } },
    ]);
  });
});
