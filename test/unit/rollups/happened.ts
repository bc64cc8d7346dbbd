import fc from 'fast-check';
import type { ShadowEvent } from '../../../shared/events/shadow-event-schema.ts';
import { foldMinutes, minutesToRead, type Watermark } from '../../../shared/rollups/fold-minutes.ts';
import type { Countable } from '../../../shared/rollups/ports.ts';
import { readMinutes } from '../../../shared/rollups/read.ts';
import { RollupWriter } from '../../../shared/rollups/rollup-writer.ts';
import { MemoryRollups } from '../../fixtures/memory-rollups.ts';
import { eventOf, idAt, shadowOf } from '../../fixtures/prediction-events.ts';

export const TEN = Date.UTC(2026, 2, 1, 10);
export const STEP = 1;
const failure = { code: 'scoring-failed', message: 'no' };

const REQUESTS = ['ok', 'canary ok', 'error', 'canary error', 'fallback', 'pinned', 'replayed'] as const;
const PAIRS = ['pair', 'pair differs', 'pair error'] as const;
type Request = (typeof REQUESTS)[number];
type Pair = (typeof PAIRS)[number];

/** What may happen to a transaction while a promotion runs. */
export interface Happened {
  readonly second: number;
  readonly partition: number;
  readonly account: number;
  readonly what: Request | Pair;
  /** Seconds until it is collected. */
  readonly after: number;
}

export const happened: fc.Arbitrary<Happened> = fc.record({
  second: fc.nat(240),
  partition: fc.nat(1),
  account: fc.nat(5),
  what: fc.constantFrom(...REQUESTS, ...PAIRS),
  after: fc.oneof({ weight: 9, arbitrary: fc.nat(20) }, { weight: 1, arbitrary: fc.nat(200) }),
});

/** What the hub gets of it. */
export function eventOfWhat({ second, account, what }: Happened, step = STEP): Countable {
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
export class Collected {
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
