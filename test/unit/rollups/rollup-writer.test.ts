import { describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/failure.ts';
import { latencyBucket } from '../../../shared/promotion/latency-sketch.ts';
import { scoreBucket } from '../../../shared/promotion/score-buckets.ts';
import { hashesOfText } from '../../../shared/rollups/account-list.ts';
import { MAX_DISCORDANT_ACCOUNTS } from '../../../shared/rollups/count-pairs.ts';
import { MAX_FAILED_ACCOUNTS } from '../../../shared/rollups/count-requests.ts';
import type { MinuteRow, PairsRow, RequestsRow } from '../../../shared/rollups/minute-row.ts';
import type { Countable } from '../../../shared/rollups/ports.ts';
import { RollupWriter } from '../../../shared/rollups/rollup-writer.ts';
import { MemoryRollups } from '../../fixtures/memory-rollups.ts';
import { MINUTE, prediction, shadow, TEN } from './countables.ts';

async function counted(...events: readonly Countable[]): Promise<MinuteRow[]> {
  const rows = new MemoryRollups();
  await new RollupWriter(rows).count('2', events);
  return rows.all();
}

const failure = { code: 'scoring-failed', message: 'no' };
const fallback = { version: '4', error: 'no' };
const RUNNING = { promotionId: 'p1', step: 1 } as const;

function requests(rows: readonly MinuteRow[], variant = 'champion'): RequestsRow {
  const row = rows.find((one) => one.kind === 'requests' && one.variant === variant);
  if (row?.kind !== 'requests') throw new Error(`No row of the ${variant}`);
  return row;
}

function pairs(rows: readonly MinuteRow[]): PairsRow {
  const row = rows.find((one) => one.kind === 'pairs');
  if (row?.kind !== 'pairs') throw new Error('No row of pairs');
  return row;
}

describe('a minute row of requests', () => {
  it('is one per version, variant, promotion, step and minute', async () => {
    const rows = await counted(
      prediction(),
      prediction({ version: '5' }),
      prediction({ variant: 'canary' }),
      prediction(RUNNING),
      prediction({ ...RUNNING, promotionId: 'p2' }),
      prediction({ ...RUNNING, step: 2 }),
      prediction({}, TEN + MINUTE),
      prediction({ model: 'loans' }),
      prediction({}, TEN + MINUTE - 1),
    );
    expect(rows).toHaveLength(8);
    expect(requests(rows)).toMatchObject({ minute: TEN, partition: '2', counts: { ok: 2 } });
  });

  it('has outcomes, decisions, scores, run times and latencies', async () => {
    const row = requests(
      await counted(
        prediction({ score: 0.25, decision: 'approve', latencyMs: 3, modelMs: 0.02 }),
        prediction({ score: 0.97, decision: 'block', latencyMs: 3 }),
        prediction({ score: undefined, decision: undefined, latencyMs: 900, error: failure }),
      ),
    );
    expect(row.counts).toEqual({ ok: 2, error: 1, fallback: 0, pinned: 0, pinnedError: 0, replayed: 0 });
    expect(row.decisions).toEqual({ approve: 1, review: 0, block: 1 });
    expect(row.scores).toEqual({ [scoreBucket(0.25)]: 1, [scoreBucket(0.97)]: 1 });
    expect(row.runTimes).toEqual({ [latencyBucket(0.02)]: 1 });
    expect(row.latencies).toEqual({ [latencyBucket(3)]: 2 });
  });

  it('counts a fallback for the canary that failed, even where the champion failed too', async () => {
    const rows = await counted(
      prediction({ ...RUNNING, fallback, accountHash: 7 }),
      prediction({ ...RUNNING, fallback, accountHash: 8, error: failure }),
      prediction(RUNNING),
    );
    expect(requests(rows).counts).toMatchObject({ ok: 1, error: 0, fallback: 0 });
    const canary = requests(rows, 'canary');
    expect(canary).toMatchObject({ version: '4', counts: { ok: 0, error: 1, fallback: 1 } });
    expect(canary.runTimes).toEqual({});
    expect(canary.scores).toEqual({});
    expect(hashesOfText(canary.failed.hashes)).toEqual([7, 8]);
  });

  it('counts what was pinned or replayed apart, and nothing else of it', async () => {
    const row = requests(
      await counted(
        prediction({ pinned: true, accountHash: 1 }),
        prediction({ pinned: true, accountHash: 1, error: failure }),
        prediction({ replayed: true, accountHash: 1 }),
        prediction({ replayed: true, accountHash: 1, error: failure }),
        prediction({ replayed: true, pinned: true }),
      ),
    );
    const counts = { ok: 0, error: 0, fallback: 0, pinned: 1, pinnedError: 1, replayed: 3 };
    expect(row).toMatchObject({ counts, scores: {}, runTimes: {}, latencies: {} });
    expect(row.decisions).toEqual({ approve: 0, review: 0, block: 0 });
    expect(row.failed).toEqual({ hashes: '', others: 0 });
  });

  it('lists each account that failed once, and counts the events that it has no room for', async () => {
    const most = MAX_FAILED_ACCOUNTS;
    const hashes = Array.from({ length: most + 10 }, (_, i) => 0xff_ff_ff_ff - i);
    const events = [...hashes, ...hashes.slice(0, 50)].map((accountHash) =>
      prediction({ accountHash, error: failure }),
    );
    const { failed } = requests(await counted(...events, prediction({ error: failure })));
    expect(hashesOfText(failed.hashes)).toEqual(hashes.slice(0, most));
    expect(failed.others).toBe(11);
  });

  it('stays small, however much a minute holds', async () => {
    const number = (i: number) => Math.imul(i, 2_654_435_761) >>> 0;
    const rows = new MemoryRollups();
    const writer = new RollupWriter(rows);
    for (let i = 0; i < 10_000; i += 1_000) {
      const events = Array.from({ length: 1_000 }, (_, j) => {
        const [score, other, accountHash] = [
          number(i + j) / 2 ** 32,
          number(i + j + 9) / 2 ** 32,
          number(i + j),
        ];
        const blocks = (version: string) => ({ version, score, decision: 'block' }) as const;
        const approves = (version: string) => ({ version, score: other, decision: 'approve' }) as const;
        const fails = (version: string) => ({ version, error: 'x' });
        return [
          prediction({ score, modelMs: score ** 8, latencyMs: other ** 9 * 1e5, ...RUNNING }),
          prediction({ accountHash, error: failure, ...RUNNING }),
          shadow({ accountHash, champion: blocks('3'), candidate: approves('4') }),
          shadow({ accountHash, champion: approves('3'), candidate: blocks('4') }),
          shadow({ accountHash, candidate: fails('4') }),
          shadow({ accountHash, champion: fails('3') }),
        ];
      });
      await writer.count('2', events.flat());
    }
    expect(rows.rows.size).toBe(2);
    for (const { text } of rows.rows.values()) expect(text.length).toBeLessThan(50_000);
    const { errors, flagged, blocked } = pairs(rows.all()).accounts;
    const lists = [errors, flagged, blocked].flatMap((two) => [two.candidateOnly, two.championOnly]);
    for (const { others } of lists) expect(others).toBe(10_000 - MAX_DISCORDANT_ACCOUNTS);
  });
});

describe('a minute row of pairs', () => {
  it('has both outcomes and scores of each pair, and the accounts that they differ for', async () => {
    const side = (version: string, score: number, decision: 'approve' | 'review' | 'block') => ({
      version,
      score,
      decision,
    });
    const events = [
      shadow({ accountHash: 1 }),
      shadow({ accountHash: 2, candidate: side('4', 0.6, 'review') }),
      shadow({ accountHash: 3, champion: side('3', 0.9, 'block'), candidate: side('4', 0.6, 'review') }),
      shadow({ accountHash: 4, champion: side('3', 0.9, 'block'), served: 'canary' }),
      shadow({ accountHash: 5, champion: { version: '3', error: 'x' } }),
      shadow({ accountHash: 6, candidate: { version: '4', error: 'x' } }),
      shadow({ accountHash: 7, champion: { version: '3' }, candidate: { version: '4', error: 'x' } }),
      shadow({ accountHash: 8, candidate: { version: '4', error: 'x' }, replayed: true }),
    ];
    const row = pairs(await counted(...events));
    expect(row).toMatchObject({
      version: '4',
      promotionId: 'p1',
      step: 0,
      served: { champion: 6, canary: 1 },
      replayed: 1,
    });
    expect(row.table).toEqual([1, 1, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 1]);
    expect(row.scores.champion).toEqual({ [scoreBucket(0.25)]: 2, [scoreBucket(0.9)]: 2 });
    expect(row.scores.candidate).toEqual({ [scoreBucket(0.26)]: 2, [scoreBucket(0.6)]: 2 });
    const { errors, flagged, blocked } = row.accounts;
    const lists = [errors, flagged, blocked].map(({ candidateOnly, championOnly }) => [
      hashesOfText(candidateOnly.hashes),
      hashesOfText(championOnly.hashes),
    ]);
    expect(lists).toEqual([
      [[6], [5]],
      [[2], [4]],
      [[], [3, 4]],
    ]);
  });
});

describe('a batch', () => {
  it('is one write for each row, and none when it comes again', async () => {
    const rows = new MemoryRollups();
    const writer = new RollupWriter(rows);
    const events = Array.from({ length: 300 }, (_, i) => prediction({}, TEN + (i % 3) * MINUTE));
    await writer.count('2', events);
    expect(rows.writes).toBe(3);
    await writer.count('2', events);
    await new RollupWriter(rows).count('2', events);
    expect(rows.writes).toBe(3);
  });

  it('is counted into a row that went away meanwhile', async () => {
    const rows = new MemoryRollups();
    const writer = new RollupWriter(rows);
    await writer.count('2', [prediction()]);
    rows.rows.clear();
    await writer.count('2', [prediction()]);
    expect(requests(rows.all()).counts.ok).toBe(1);
  });

  it('fails where others write its row all the time', async () => {
    const rows = new MemoryRollups();
    const never = Object.assign(rows, { replace: () => Promise.resolve(undefined) });
    const writer = new RollupWriter(never);
    await writer.count('2', [prediction()]);
    await expect(writer.count('2', [prediction()])).rejects.toThrow(Failure);
  });
});
