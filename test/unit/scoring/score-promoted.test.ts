import { beforeEach, describe, expect, it } from 'vitest';
import { type PredictionEvent, predictionEventSchema } from '../../../shared/events/event-schema.ts';
import { Failure } from '../../../shared/failure.ts';
import { parseDefinition } from '../../../shared/features/contract.ts';
import { assignmentHash, bucketOf, seedOf } from '../../../shared/registry/assignment.ts';
import type { TrafficRow } from '../../../shared/registry/rows.ts';
import { TrafficView } from '../../../shared/registry/traffic-view.ts';
import type { LoadedModel } from '../../../shared/scoring/load-model.ts';
import { ModelPool } from '../../../shared/scoring/model-pool.ts';
import { Recorder } from '../../../shared/scoring/recorder.ts';
import { scoreRows, type ScoringParts } from '../../../shared/scoring/score.ts';
import { Serving } from '../../../shared/scoring/serving.ts';
import type { ServedRow } from '../../../shared/scoring/shadow.ts';
import { loadedModel, oneNumber } from '../../fixtures/loaded-model.ts';
import { idAt } from '../../fixtures/prediction-events.ts';
import { promotedRow } from '../../fixtures/traffic-row.ts';

const SEED = seedOf('promotion-1');
const hashOf = (account: string) => assignmentHash(SEED, account);
/** The first account whose bucket is in `[from, to)`. */
function accountIn(from: number, to: number): string {
  for (let index = 0; ; index += 1) {
    const bucket = bucketOf(hashOf(`A${index}`));
    if (bucket >= from && bucket < to) return `A${index}`;
  }
}
const [EARLY, LATE] = [accountIn(0, 100), accountIn(9_900, 10_000)];

describe('scoring while a promotion runs', () => {
  let row: TrafficRow;
  let champion: LoadedModel;
  let candidate: LoadedModel | Error | undefined;
  let events: PredictionEvent[];
  let shadowed: { served: ServedRow; other: string; error?: string; amount?: unknown }[];
  let failAppend: boolean;
  let time: number;
  let parts: ScoringParts;

  beforeEach(() => {
    row = promotedRow(50);
    champion = loadedModel('cards', '1');
    candidate = loadedModel('cards', '2');
    events = [];
    shadowed = [];
    failAppend = false;
    time = Date.UTC(2026, 0, 1);
    build();
  });

  /** A worker that has loaded nothing yet. */
  const build = () => {
    let ids = 0;
    const pool = new ModelPool(
      (_, version) => {
        if (version === '1') return Promise.resolve(champion);
        if (candidate instanceof Error) return Promise.reject(candidate);
        return candidate === undefined ? new Promise(() => undefined) : Promise.resolve(candidate);
      },
      () => 0,
      () => undefined,
    );
    const traffic = new TrafficView(
      () => Promise.resolve(row),
      () => 0,
      () => undefined,
    );
    const append = (texts: readonly string[]) => {
      if (failAppend) return Promise.reject(new Failure('unavailable', 'no log'));
      events.push(...texts.map((text) => predictionEventSchema.parse(JSON.parse(text))));
      return Promise.resolve('acknowledged' as const);
    };
    parts = {
      serving: new Serving(traffic, pool, () => time),
      recorder: new Recorder({ enter: () => ({ append, leave: () => undefined }) }, 100_000),
      newId: () => idAt((ids += 1)),
      now: () => 0,
      shadow: {
        submit: (served, { version, contract }, checked) =>
          shadowed.push({ served, other: version, amount: contract.value(checked, 'amount') }),
        submitFailed: (served, other, error) => shadowed.push({ served, other, error }),
      },
    };
  };

  /** Scores accounts in one body; the amounts, and with them the scores, are 0.1, 0.2 and so on. */
  const score = async (accounts: readonly (string | undefined)[], pinned?: string) => {
    const rows = accounts.map((account, index) => ({
      row: { ...(account === undefined ? {} : { account }), amount: ((index % 9) + 1) / 10 },
      path: `/transactions/${index}`,
    }));
    return scoreRows(parts, 'cards', pinned, rows);
  };
  /** Loads the candidate, as earlier requests have done. */
  const warm = async () => {
    await score([EARLY]);
    await new Promise(setImmediate);
    events.length = 0;
    shadowed.length = 0;
  };
  const servedBy = (predictions: readonly { version: string; variant: string }[]) =>
    predictions.map(({ version, variant }) => `${version} ${variant}`);

  it('splits a body between the arms, and answers in the order of the rows', async () => {
    await warm();
    const predictions = await score([EARLY, LATE, EARLY, LATE, EARLY]);
    expect(servedBy(predictions)).toEqual(['2 canary', '1 champion', '2 canary', '1 champion', '2 canary']);
    expect(predictions.map((one) => one.score)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5].map(Math.fround));
    expect(events.map(({ id }) => id)).toEqual(predictions.map((one) => one.predictionId));
    expect(
      events.map(({ source, data }) => [source, data.variant, data.inputs['amount'], data.score]),
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
    await warm();
    await score([EARLY, LATE, undefined]);
    expect(events.map(({ data }) => [data.promotionId, data.step, data.accountHash])).toEqual([
      ['promotion-1', 3, hashOf(EARLY)],
      ['promotion-1', 3, hashOf(LATE)],
      ['promotion-1', 3, undefined],
    ]);
  });

  it('assigns rows without an account by their prediction ids', async () => {
    await warm();
    const predictions = await score(Array.from({ length: 400 }, () => undefined));
    for (const { predictionId, variant } of predictions) {
      const bucket = bucketOf(assignmentHash(SEED, predictionId));
      expect(variant).toBe(bucket < 5_000 ? 'canary' : 'champion');
    }
    expect(new Set(predictions.map(({ variant }) => variant)).size).toBe(2);
  });

  it('leaves pinned requests out', async () => {
    await warm();
    expect(servedBy(await score([EARLY, LATE], '1'))).toEqual(['1 champion', '1 champion']);
    expect(events.map(({ data }) => [data.pinned, data.promotionId])).toEqual([
      [true, undefined],
      [true, undefined],
    ]);
    expect(shadowed).toEqual([]);
  });

  it('gives the canary nothing once the claim has ended', async () => {
    row = promotedRow(100, { shadow: true, validUntil: '2026-01-01T00:00:05.000Z' });
    await warm();
    expect(servedBy(await score([EARLY]))).toEqual(['2 canary']);
    time += 5_000;
    expect(servedBy(await score([EARLY]))).toEqual(['1 champion']);
    expect(events.at(-1)?.data).not.toHaveProperty('promotionId');
    expect(shadowed).toHaveLength(1);
  });

  it('compares run times only of equal parts of both arms, which are scored apart', async () => {
    row = promotedRow(1);
    await warm();
    const run = async () => {
      events.length = 0;
      await score([EARLY, LATE, accountIn(4_000, 4_500), accountIn(5_500, 6_000)]);
      return events.map(({ data }) => [data.version, data.modelMs]);
    };
    expect(await run()).toEqual([
      ['2', 0.02],
      ['1', 0.02],
      ['1', undefined],
      ['1', undefined],
    ]);
    row = promotedRow(75);
    build();
    await warm();
    expect(await run()).toEqual([
      ['2', 0.02],
      ['1', 0.02],
      ['2', undefined],
      ['2', undefined],
    ]);
    // With all of the traffic there is no other arm, but what was measured of it on a part.
    row = promotedRow(100);
    build();
    await warm();
    expect(await run()).toEqual([
      ['2', 0.02],
      ['2', undefined],
      ['2', 0.02],
      ['2', undefined],
    ]);
    row = { ...promotedRow(0), previousChampion: { version: '0', promotionId: 'promotion-1' } };
    build();
    expect(await run()).toEqual([
      ['1', undefined],
      ['1', 0.02],
      ['1', undefined],
      ['1', 0.02],
    ]);
  });

  describe('falls back to the champion, and says so', () => {
    const fallbacks = () => events.map(({ data }) => [data.version, data.variant, data.fallback]);

    it('where the canary cannot be loaded', async () => {
      candidate = new Error('tampered');
      await warm();
      expect(servedBy(await score([EARLY, LATE]))).toEqual(['1 champion', '1 champion']);
      const error = expect.stringMatching(/Version 2 of 'cards' cannot serve: tampered/);
      expect(fallbacks()).toEqual([
        ['1', 'champion', { version: '2', error }],
        ['1', 'champion', undefined],
      ]);
      expect(events[0]?.data).toMatchObject({ accountHash: hashOf(EARLY), promotionId: 'promotion-1' });
      expect(events[0]?.data).not.toHaveProperty('modelMs');
    });

    it('where the canary cannot score a row, and only for that row', async () => {
      const broken = loadedModel('cards', '2');
      const timed = (features: Float32Array) =>
        features.includes(Math.fround(0.3))
          ? Promise.reject(new Error('the model failed'))
          : Promise.resolve({ scores: features.slice(), rowMs: 0.01 });
      candidate = { ...broken, scorer: { ...broken.scorer, timed, timedApart: timed } };
      await warm();
      const predictions = await score([EARLY, EARLY, EARLY, LATE]);
      expect(servedBy(predictions)).toEqual(['2 canary', '2 canary', '1 champion', '1 champion']);
      expect(predictions.map((one) => one.score)).toEqual([0.1, 0.2, 0.3, 0.4].map(Math.fround));
      expect(fallbacks()[2]).toEqual(['1', 'champion', { version: '2', error: 'the model failed' }]);
      expect(events.filter(({ data }) => data.fallback !== undefined)).toHaveLength(1);
    });

    it('where the contract of the canary does not accept the row', async () => {
      const columns = oneNumber.columns.map((one) => (one.name === 'amount' ? { ...one, max: 0.15 } : one));
      candidate = loadedModel('cards', '2', undefined, parseDefinition({ ...oneNumber, columns }));
      await warm();
      expect(servedBy(await score([EARLY, EARLY]))).toEqual(['2 canary', '1 champion']);
      expect(events[1]?.data.fallback?.error).toMatch(/version 2 does not accept \/transactions\/1\/amount/);
    });

    it('but not while the canary is loaded for the first time, which is no fault of it', async () => {
      candidate = undefined;
      await warm();
      expect(servedBy(await score([EARLY]))).toEqual(['1 champion']);
      expect(events[0]?.data).not.toHaveProperty('fallback');
      expect(events[0]?.data).not.toHaveProperty('modelMs');
    });
  });

  it('fails a request that the champion could not score, and logs it for the champion', async () => {
    champion = {
      ...champion,
      scorer: {
        ...champion.scorer,
        timed: () => Promise.reject(new Error('no')),
        timedApart: () => Promise.reject(new Error('no')),
      },
    };
    candidate = loadedModel('cards', '2');
    await expect(score([LATE])).rejects.toMatchObject({ kind: 'unavailable' });
    await new Promise(setImmediate);
    events.length = 0;
    await expect(score([EARLY, LATE])).rejects.toMatchObject({ kind: 'unavailable' });
    expect(events.map(({ data }) => [data.version, data.variant, data.error?.message])).toEqual([
      ['1', 'champion', 'no'],
      ['1', 'champion', 'no'],
    ]);
    expect(shadowed).toEqual([]);
  });

  it('refuses what the champion’s contract refuses, as without a promotion', async () => {
    await warm();
    await expect(
      scoreRows(parts, 'cards', undefined, [{ row: {}, path: '/transaction' }]),
    ).rejects.toMatchObject({
      kind: 'invalid',
    });
  });

  describe('the shadow', () => {
    it('has what the canary serves scored by the champion', async () => {
      row = promotedRow(100);
      await warm();
      const [prediction] = await score([LATE]);
      expect(shadowed).toEqual([
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
      row = promotedRow(0, { shadow: true, step: 0 });
      await warm();
      await score([EARLY, undefined]);
      expect(
        shadowed.map(({ other, amount, served }) => [other, amount, served.served, served.accountHash]),
      ).toEqual([
        ['2', 0.1, 'champion', hashOf(EARLY)],
        ['2', 0.2, 'champion', undefined],
      ]);
      expect(events[0]?.data).toMatchObject({
        variant: 'champion',
        promotionId: 'promotion-1',
        step: 0,
      });
    });

    it('records that a candidate cannot be loaded', async () => {
      candidate = new Error('one row takes 40 ms');
      row = promotedRow(0, { shadow: true });
      await warm();
      await score([EARLY]);
      expect(shadowed).toMatchObject([{ other: '2', error: expect.stringMatching(/takes 40 ms/) }]);
    });

    it('gets nothing of a prediction that could not be put on record', async () => {
      row = promotedRow(0, { shadow: true });
      await warm();
      failAppend = true;
      await expect(score([EARLY])).rejects.toThrow(/no log/);
      expect(shadowed).toEqual([]);
    });
  });
});
