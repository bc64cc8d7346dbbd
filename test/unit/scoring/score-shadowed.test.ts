import { beforeEach, describe, expect, it } from 'vitest';
import { promotedRow } from '../../fixtures/traffic-row.ts';
import { EARLY, hashOf, LATE, PromotedWorker } from './promoted-worker.ts';

let worker: PromotedWorker;
beforeEach(() => {
  worker = new PromotedWorker();
});

describe('scoring while a promotion runs', () => {
  describe('the shadow', () => {
    it('has what the canary serves scored by the champion', async () => {
      worker.row = promotedRow(100);
      await worker.warm();
      const [prediction] = await worker.score([LATE]);
      expect(worker.shadowed).toEqual([
        {
          other: '1',
          amount: 0.1,
          served: {
            predictionId: prediction?.predictionId,
            model: 'cards',
            promotionId: 'promotion-1',
            step: 3,
            accountHash: hashOf(LATE),
            served: 'canary',
            side: { version: '2', score: Math.fround(0.1), decision: 'approve', latencyMs: 0.01 },
          },
        },
      ]);
    });

    it('has what the champion serves scored by the candidate, where it is on', async () => {
      worker.row = promotedRow(0, { shadow: true, step: 0 });
      await worker.warm();
      await worker.score([EARLY, undefined]);
      expect(
        worker.shadowed.map(({ other, amount, served }) => [
          other,
          amount,
          served.served,
          served.accountHash,
        ]),
      ).toEqual([
        ['2', 0.1, 'champion', hashOf(EARLY)],
        ['2', 0.2, 'champion', undefined],
      ]);
      expect(worker.events[0]?.data).toMatchObject({
        variant: 'champion',
        promotionId: 'promotion-1',
        step: 0,
      });
    });

    it('records that a candidate cannot be loaded', async () => {
      worker.candidate = new Error('one row takes 40 ms');
      worker.row = promotedRow(0, { shadow: true });
      await worker.warm();
      await worker.score([EARLY]);
      expect(worker.shadowed).toMatchObject([{ other: '2', error: expect.stringMatching(/takes 40 ms/) }]);
    });

    it('gets nothing of a prediction that could not be put on record', async () => {
      worker.row = promotedRow(0, { shadow: true });
      await worker.warm();
      worker.failAppend = true;
      await expect(worker.score([EARLY])).rejects.toThrow(/no log/);
      expect(worker.shadowed).toEqual([]);
    });
  });
});
