import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { z } from 'zod';
import { shadowEventSchema } from '../../../shared/events/shadow-event-schema.ts';
import type { LogOutcome } from '../../../shared/events/prediction-log.ts';
import { Failure } from '../../../shared/failure.ts';
import type { ShadowAnswer } from '../../../shared/scoring/shadow-message.ts';
import { type ServedRow, type ShadowLimits, ShadowScorer } from '../../../shared/scoring/shadow.ts';
import type { ShadowThread } from '../../../shared/scoring/shadow-thread.ts';
import { loadedModel } from '../../fixtures/loaded-model.ts';
import { idAt } from '../../fixtures/prediction-events.ts';

const LIMITS = {
  perSecond: 100,
  rows: 10,
  batch: 4,
  linger: 20,
  restartAfter: 1_000,
  restartAtMost: 4_000,
  idle: 60_000,
};
const other = loadedModel('cards', '2');
const predictionId = idAt(1);

function served(score = 0.5, change: Partial<ServedRow> = {}): ServedRow {
  return {
    predictionId,
    model: 'cards',
    promotionId: 'promotion-1',
    step: 2,
    accountHash: 4_000_000_000,
    served: 'champion',
    side: { version: '1', score, decision: 'review', latencyMs: 0.01 },
    ...change,
  };
}

/** A thread whose answers the test gives. */
class ManualThread implements ShadowThread {
  readonly calls: { rows: number[]; answer: PromiseWithResolvers<ShadowAnswer> }[] = [];
  ended = false;

  score(_: unknown, features: Float32Array, rows: number): Promise<ShadowAnswer> {
    const answer = Promise.withResolvers<ShadowAnswer>();
    this.calls.push({ rows: [...features.subarray(0, rows)], answer });
    return answer.promise;
  }

  /** Answers a call with its own features as scores. */
  async answer(index: number, errors: [number, string][] = []): Promise<void> {
    const call = this.calls[index];
    if (call === undefined) throw new Error(`There is no call ${index}`);
    const failed = new Set(errors.map(([row]) => row));
    const scores = Float64Array.from(call.rows, (value, row) => (failed.has(row) ? Number.NaN : value));
    call.answer.resolve({ scores, rowMs: scores.map(() => 0.004), errors });
    await vi.advanceTimersByTimeAsync(0);
  }

  end(): void {
    this.ended = true;
  }
}

describe('the shadow', () => {
  let threads: ManualThread[];
  let events: z.infer<typeof shadowEventSchema>[];
  let ids: string[];
  let sends: number;
  let send: () => Promise<LogOutcome>;
  let reports: string[];
  let shadow: ShadowScorer;

  beforeEach(() => {
    vi.useFakeTimers();
    threads = [];
    events = [];
    sends = 0;
    reports = [];
    send = () => Promise.resolve('acknowledged');
    ids = [];
    shadow = scorer(LIMITS);
  });

  const scorer = (limits: ShadowLimits) =>
    new ShadowScorer({
      start: () => {
        const thread = new ManualThread();
        threads.push(thread);
        return thread;
      },
      send: (texts) => {
        sends += 1;
        events.push(...texts.map((text) => shadowEventSchema.parse(JSON.parse(text))));
        return send();
      },
      newId: () => {
        ids.push(idAt(1_001 + ids.length));
        return ids.at(-1) ?? '';
      },
      now: () => Date.now(),
      report: (message) => reports.push(message),
      limits,
    });
  afterEach(() => {
    vi.useRealTimers();
  });

  const submit = (...amounts: readonly number[]) => {
    for (const amount of amounts) shadow.submit(served(), other, [null, null, amount, null]);
  };
  const rowsOf = (thread: number) => threads[thread]?.calls.map(({ rows }) => rows);
  const linger = () => vi.advanceTimersByTimeAsync(20);

  it('sends rows that come together as one message, and records both sides', async () => {
    submit(0.25, 0.75);
    await linger();
    expect(rowsOf(0)).toEqual([[0.25, 0.75]]);
    await threads[0]?.answer(0);
    expect(sends).toBe(1);
    expect(events[1]).toEqual({
      specversion: '1.0',
      type: 'tollgate.shadow.v1',
      source: '/models/cards/promotions/promotion-1',
      id: ids[1],
      time: '1970-01-01T00:00:01.002Z',
      datacontenttype: 'application/json',
      data: {
        predictionId,
        model: 'cards',
        promotionId: 'promotion-1',
        step: 2,
        accountHash: 4_000_000_000,
        served: 'champion',
        champion: { version: '1', score: 0.5, decision: 'review', latencyMs: 0.01 },
        candidate: { version: '2', score: 0.75, decision: 'block', latencyMs: 0.004 },
      },
    });
    expect(shadow.counts).toEqual({ recorded: 2, passed: 0, dropped: 0, lost: 0, unsent: 0 });
  });

  it('swaps the roles of a row that the canary served', async () => {
    const champion = loadedModel('cards', '1');
    const side = { version: '2', score: 0.5, decision: 'review' } as const;
    shadow.submit(served(0.5, { served: 'canary', side, accountHash: undefined }), champion, [
      null,
      null,
      0.1,
      null,
    ]);
    await linger();
    await threads[0]?.answer(0);
    expect(events[0]?.data).toMatchObject({
      served: 'canary',
      champion: { version: '1', score: Math.fround(0.1), decision: 'approve' },
      candidate: { version: '2', score: 0.5 },
    });
    expect(events[0]?.data).not.toHaveProperty('accountHash');
  });

  it('records what the other version could not score, row by row', async () => {
    submit(0.25, 0.5);
    shadow.submitFailed(served(), '2', 'x'.repeat(5_000));
    await linger();
    await threads[0]?.answer(0, [[1, 'no such category']]);
    expect(events.map(({ data }) => data.candidate.error?.slice(0, 20))).toEqual([
      'x'.repeat(20),
      undefined,
      'no such category',
    ]);
    expect(events[0]?.data.candidate.error).toHaveLength(1_000);
  });

  it('drops what does not fit, counts it, and says so once', async () => {
    submit(...Array.from({ length: 15 }, (_, index) => index / 16));
    shadow.submitFailed(served(), '2', 'no');
    expect(shadow.counts.dropped).toBe(6);
    expect(reports).toHaveLength(1);
    await linger();
    await threads[0]?.answer(0);
    await threads[0]?.answer(1);
    await threads[0]?.answer(2);
    expect(rowsOf(0)?.map((rows) => rows.length)).toEqual([4, 4, 2]);
    expect(shadow.counts).toMatchObject({ recorded: 10, dropped: 6 });
    submit(0.5);
    expect(shadow.counts.dropped).toBe(6);
  });

  it('takes so many rows a second, counts the others, and needs nobody to hear of them', async () => {
    shadow = scorer({ ...LIMITS, perSecond: 5 });
    submit(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7);
    expect(shadow.counts).toMatchObject({ passed: 2, dropped: 0 });
    await vi.advanceTimersByTimeAsync(400);
    submit(0.1, 0.2, 0.3);
    expect(shadow.counts).toMatchObject({ passed: 3, dropped: 0 });
    expect(reports).toEqual([]);
  });

  it('holds room for rows until the log has them', async () => {
    const slow = Promise.withResolvers<LogOutcome>();
    send = () => slow.promise;
    submit(0.1, 0.2, 0.3, 0.4);
    await linger();
    await threads[0]?.answer(0);
    submit(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7);
    expect(shadow.counts.dropped).toBe(1);
    slow.resolve('spilled');
    await vi.advanceTimersByTimeAsync(0);
    submit(0.7);
    expect(shadow.counts).toMatchObject({ recorded: 4, dropped: 1 });
  });

  it('gathers what comes during a message for the next one', async () => {
    submit(0.1);
    await linger();
    submit(0.2);
    submit(0.3);
    await threads[0]?.answer(0);
    expect(rowsOf(0)).toHaveLength(1);
    await linger();
    expect(rowsOf(0)?.[1]).toEqual([0.2, 0.3].map(Math.fround));
  });

  it('counts what the log does not take, and goes on', async () => {
    send = () => Promise.reject(new Failure('unavailable', 'no log'));
    submit(0.1);
    await linger();
    await threads[0]?.answer(0);
    send = () => Promise.resolve('lost');
    submit(0.1);
    await linger();
    await threads[0]?.answer(1);
    expect(shadow.counts).toEqual({ recorded: 0, passed: 0, dropped: 0, lost: 0, unsent: 2 });
  });

  it('survives the end of its thread, and starts another one after a pause that grows', async () => {
    const starts: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      submit(0.1);
      await vi.advanceTimersToNextTimerAsync();
      starts.push(Date.now());
      threads[round]?.calls[0]?.answer.reject(new Error('out of memory'));
      await vi.advanceTimersByTimeAsync(0);
    }
    const pauses = starts.slice(1).map((time, index) => time - (starts[index] ?? 0));
    expect(pauses).toEqual([1_000, 2_000, 4_000, 4_000]);
    expect(shadow.counts.lost).toBe(5);
    submit(0.2);
    await vi.advanceTimersByTimeAsync(4_000);
    await threads[5]?.answer(0);
    submit(0.3);
    await linger();
    expect(rowsOf(5)).toHaveLength(2);
    expect(events).toHaveLength(1);
  });

  it('ends a thread that has nothing to do, and starts one again when needed', async () => {
    submit(0.1);
    await linger();
    await threads[0]?.answer(0);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(threads[0]?.ended).toBe(false);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(threads[0]?.ended).toBe(true);
    submit(0.2);
    await linger();
    expect(threads).toHaveLength(2);
  });

  it('closes when the thread has answered, and takes nothing more', async () => {
    submit(0.1);
    await linger();
    submit(0.2);
    const closing = shadow.close();
    submit(0.3);
    await threads[0]?.answer(0);
    await closing;
    expect(threads[0]?.ended).toBe(true);
    expect(shadow.counts).toEqual({ recorded: 1, passed: 0, dropped: 2, lost: 0, unsent: 0 });
  });

  it('does not wait for ever for a thread that does not answer', async () => {
    submit(0.1);
    await linger();
    const closing = shadow.close();
    await vi.advanceTimersByTimeAsync(1_000);
    await closing;
    expect(threads[0]?.ended).toBe(true);
  });
});
