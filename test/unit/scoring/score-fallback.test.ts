import { beforeEach, describe, expect, it } from 'vitest';
import { parseDefinition } from '../../../shared/features/contract.ts';
import { loadedModel, oneNumber } from '../../fixtures/loaded-model.ts';
import { EARLY, hashOf, LATE, PromotedWorker, servedBy } from './promoted-worker.ts';

let worker: PromotedWorker;
beforeEach(() => {
  worker = new PromotedWorker();
});

describe('scoring while a promotion runs', () => {
  describe('falls back to the champion, and says so', () => {
    const fallbacks = () => worker.events.map(({ data }) => [data.version, data.variant, data.fallback]);

    it('where the canary cannot be loaded', async () => {
      worker.candidate = new Error('tampered');
      await worker.warm();
      expect(servedBy(await worker.score([EARLY, LATE]))).toEqual(['1 champion', '1 champion']);
      const error = expect.stringMatching(/Version 2 of 'cards' cannot serve: tampered/);
      expect(fallbacks()).toEqual([
        ['1', 'champion', { version: '2', error }],
        ['1', 'champion', undefined],
      ]);
      expect(worker.events[0]?.data).toMatchObject({
        accountHash: hashOf(EARLY),
        promotionId: 'promotion-1',
      });
      expect(worker.events[0]?.data).not.toHaveProperty('modelMs');
    });

    it('where the canary cannot score a row, and only for that row', async () => {
      const broken = loadedModel('cards', '2');
      const timed = (features: Float32Array) =>
        features.includes(Math.fround(0.3))
          ? Promise.reject(new Error('the model failed'))
          : Promise.resolve({ scores: features.slice(), rowMs: 0.01 });
      worker.candidate = { ...broken, scorer: { ...broken.scorer, timed, timedApart: timed } };
      await worker.warm();
      const predictions = await worker.score([EARLY, EARLY, EARLY, LATE]);
      expect(servedBy(predictions)).toEqual(['2 canary', '2 canary', '1 champion', '1 champion']);
      expect(predictions.map((one) => one.score)).toEqual([0.1, 0.2, 0.3, 0.4].map(Math.fround));
      expect(fallbacks()[2]).toEqual(['1', 'champion', { version: '2', error: 'the model failed' }]);
      expect(worker.events.filter(({ data }) => data.fallback !== undefined)).toHaveLength(1);
    });

    it('where the contract of the canary does not accept the row', async () => {
      const columns = oneNumber.columns.map((one) => (one.name === 'amount' ? { ...one, max: 0.15 } : one));
      worker.candidate = loadedModel('cards', '2', undefined, parseDefinition({ ...oneNumber, columns }));
      await worker.warm();
      expect(servedBy(await worker.score([EARLY, EARLY]))).toEqual(['2 canary', '1 champion']);
      expect(worker.events[1]?.data.fallback?.error).toMatch(
        /version 2 does not accept \/transactions\/1\/amount/,
      );
    });

    it('but not while the canary is loaded for the first time, which is no fault of it', async () => {
      worker.candidate = undefined;
      await worker.warm();
      expect(servedBy(await worker.score([EARLY]))).toEqual(['1 champion']);
      expect(worker.events[0]?.data).not.toHaveProperty('fallback');
      expect(worker.events[0]?.data).not.toHaveProperty('modelMs');
    });
  });

  it('fails a request that the champion could not score, and logs it for the champion', async () => {
    worker.champion = {
      ...worker.champion,
      scorer: {
        ...worker.champion.scorer,
        timed: () => Promise.reject(new Error('no')),
        timedApart: () => Promise.reject(new Error('no')),
      },
    };
    worker.candidate = loadedModel('cards', '2');
    await expect(worker.score([LATE])).rejects.toMatchObject({ kind: 'unavailable' });
    await new Promise(setImmediate);
    worker.events.length = 0;
    await expect(worker.score([EARLY, LATE])).rejects.toMatchObject({ kind: 'unavailable' });
    expect(worker.events.map(({ data }) => [data.version, data.variant, data.error?.message])).toEqual([
      ['1', 'champion', 'no'],
      ['1', 'champion', 'no'],
    ]);
    expect(worker.shadowed).toEqual([]);
  });
});
