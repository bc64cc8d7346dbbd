import { beforeEach, describe, expect, it } from 'vitest';
import { assignmentHash, bucketOf } from '../../../shared/registry/assignment.ts';
import { scoreRows } from '../../../shared/scoring/score.ts';
import { promotedRow } from '../../fixtures/traffic-row.ts';
import { accountIn, EARLY, hashOf, LATE, PromotedWorker, SEED, servedBy } from './promoted-worker.ts';

let worker: PromotedWorker;
beforeEach(() => {
  worker = new PromotedWorker();
});

describe('scoring while a promotion runs', () => {
  it('splits a body between the arms, and answers in the order of the rows', async () => {
    await worker.warm();
    const predictions = await worker.score([EARLY, LATE, EARLY, LATE, EARLY]);
    expect(servedBy(predictions)).toEqual(['2 canary', '1 champion', '2 canary', '1 champion', '2 canary']);
    expect(predictions.map((one) => one.score)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5].map(Math.fround));
    expect(worker.events.map(({ id }) => id)).toEqual(predictions.map((one) => one.predictionId));
    expect(
      worker.events.map(({ source, data }) => [source, data.variant, data.inputs['amount'], data.score]),
    ).toEqual(
      predictions.map(({ version, variant, score: value }, index) => [
        `/models/cards/versions/${version}`,
        variant,
        (index + 1) / 10,
        value,
      ]),
    );
  });

  it('marks events with promotion, step and the hash of the account', async () => {
    await worker.warm();
    await worker.score([EARLY, LATE, undefined]);
    expect(worker.events.map(({ data }) => [data.promotionId, data.step, data.accountHash])).toEqual([
      ['promotion-1', 3, hashOf(EARLY)],
      ['promotion-1', 3, hashOf(LATE)],
      ['promotion-1', 3, undefined],
    ]);
  });

  it('assigns rows without an account by their prediction ids', async () => {
    await worker.warm();
    const predictions = await worker.score(Array.from({ length: 400 }, () => undefined));
    for (const { predictionId, variant } of predictions) {
      const bucket = bucketOf(assignmentHash(SEED, predictionId));
      expect(variant).toBe(bucket < 5_000 ? 'canary' : 'champion');
    }
    expect(new Set(predictions.map(({ variant }) => variant)).size).toBe(2);
  });

  it('leaves pinned requests out', async () => {
    await worker.warm();
    expect(servedBy(await worker.score([EARLY, LATE], '1'))).toEqual(['1 champion', '1 champion']);
    expect(worker.events.map(({ data }) => [data.pinned, data.promotionId])).toEqual([
      [true, undefined],
      [true, undefined],
    ]);
    expect(worker.shadowed).toEqual([]);
  });

  it('gives the canary nothing once the claim has ended', async () => {
    worker.row = promotedRow(100, { shadow: true, validUntil: '2026-01-01T00:00:05.000Z' });
    await worker.warm();
    expect(servedBy(await worker.score([EARLY]))).toEqual(['2 canary']);
    worker.time += 5_000;
    expect(servedBy(await worker.score([EARLY]))).toEqual(['1 champion']);
    expect(worker.events.at(-1)?.data).not.toHaveProperty('promotionId');
    expect(worker.shadowed).toHaveLength(1);
  });

  it('compares run times only of equal parts of both arms, which are scored apart', async () => {
    worker.row = promotedRow(1);
    await worker.warm();
    const run = async () => {
      worker.events.length = 0;
      await worker.score([EARLY, LATE, accountIn(4_000, 4_500), accountIn(5_500, 6_000)]);
      return worker.events.map(({ data }) => [data.version, data.modelMs]);
    };
    expect(await run()).toEqual([
      ['2', 0.02],
      ['1', 0.02],
      ['1', undefined],
      ['1', undefined],
    ]);
    worker.row = promotedRow(75);
    worker.restart();
    await worker.warm();
    expect(await run()).toEqual([
      ['2', 0.02],
      ['1', 0.02],
      ['2', undefined],
      ['2', undefined],
    ]);
    // With all of the traffic there is no other arm, but what was measured of it on a part.
    worker.row = promotedRow(100);
    worker.restart();
    await worker.warm();
    expect(await run()).toEqual([
      ['2', 0.02],
      ['2', undefined],
      ['2', 0.02],
      ['2', undefined],
    ]);
    worker.row = { ...promotedRow(0), previousChampion: { version: '0', promotionId: 'promotion-1' } };
    worker.restart();
    expect(await run()).toEqual([
      ['1', undefined],
      ['1', 0.02],
      ['1', undefined],
      ['1', 0.02],
    ]);
  });

  it('refuses what the champion’s contract refuses, as without a promotion', async () => {
    await worker.warm();
    await expect(
      scoreRows(worker.parts, 'cards', undefined, [{ row: {}, path: '/transaction' }]),
    ).rejects.toMatchObject({
      kind: 'invalid',
    });
  });
});
