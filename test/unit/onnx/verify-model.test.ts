import { describe, expect, test } from 'vitest';
import { openScorer, type Scorer } from '../../../shared/onnx/scorer.ts';
import { reproduceSamples, sha256, verifyExport, warmUp } from '../../../shared/onnx/verify-model.ts';
import { writeTreeEnsemble } from '../../../shared/onnx/write-model.ts';
import { grow } from './ensembles.ts';

/** Probability 0.5 at or below zero, 0.7310586 above, 0.8807971 for a missing value. */
const trees = [
  grow({ feature: 0, atMost: 0, missing: 'right', left: 0, right: 1 }),
  grow({ feature: 0, atMost: Infinity, missing: 'right', left: 0, right: 1 }),
];
const model = writeTreeEnsemble({ featureCount: 2, baseMargin: 0, trees }, ['a', 'b'], {});

async function withScorer<T>(use: (scorer: Scorer) => Promise<T>): Promise<T> {
  const scorer = await openScorer(model, 2);
  try {
    return await use(scorer);
  } finally {
    await scorer.close();
  }
}

describe('sha256', () => {
  test('gives the digest of FIPS 180-4 for its example', () => {
    expect(sha256(Buffer.from('abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});

describe('reproduceSamples', () => {
  const samples = [
    { features: [-1, 0], score: 0.5 },
    { features: [3, 0], score: 0.7310586 },
    { features: [null, null], score: 0.8807971 },
  ];

  test('accepts the scores that the model gives, null being a missing value', async () => {
    const result = await withScorer((scorer) => reproduceSamples(scorer, samples));
    expect(result.ok).toBe(true);
    expect(result.worst).toBeLessThan(1e-6);
  });

  test('names the sample that is furthest off', async () => {
    const altered = samples.map((sample, row) => ({
      ...sample,
      score: sample.score + (row === 1 ? 2e-5 : 1e-5),
    }));
    const result = await withScorer((scorer) => reproduceSamples(scorer, altered));
    expect(result).toMatchObject({ ok: false, index: 1 });
    expect(result.worst).toBeCloseTo(2e-5, 6);
    expect(await withScorer((scorer) => reproduceSamples(scorer, altered, 1e-4))).toMatchObject({ ok: true });
  });

  test('does not accept a stored score that is no number', async () => {
    const result = await withScorer((scorer) =>
      reproduceSamples(scorer, [samples[0]!, { features: [0, 0], score: Number.NaN }]),
    );
    expect(result).toEqual({ ok: false, worst: Infinity, index: 1 });
  });

  test('refuses samples of another width', async () => {
    const run = withScorer((scorer) => reproduceSamples(scorer, [{ features: [1], score: 0.5 }]));
    await expect(run).rejects.toThrow(/sample 0 has 1 features, the model 2/);
  });

  test('has nothing against an empty list', async () => {
    const result = await withScorer((scorer) => reproduceSamples(scorer, []));
    expect(result).toEqual({ ok: true, worst: 0, index: -1 });
  });
});

describe('verifyExport', () => {
  const rows = 2_500;
  const x = Float32Array.from({ length: rows * 2 }, (_, index) => (index % 6) - 2);
  const expected = Float64Array.from({ length: rows }, (_, row) =>
    x[row * 2]! > 0 ? 1 / (1 + Math.E ** -1) : 0.5,
  );

  test('accepts a model that gives its learner’s probabilities', async () => {
    const result = await withScorer((scorer) => verifyExport(scorer, x, rows, expected, 1e-6));
    expect(result.ok).toBe(true);
  });

  test('finds the one row that differs', async () => {
    const altered = Float64Array.from(expected);
    altered[2_345] = 0.9;
    const result = await withScorer((scorer) => verifyExport(scorer, x, rows, altered));
    expect(result).toMatchObject({ ok: false, index: 2_345 });
  });

  test('refuses arrays of other lengths', async () => {
    await expect(withScorer((scorer) => verifyExport(scorer, x, 10, expected))).rejects.toThrow(
      /for 10 rows/,
    );
    await expect(
      withScorer((scorer) => verifyExport(scorer, x, 10, expected.subarray(0, 10))),
    ).rejects.toThrow(/5000 features are not 10 rows of 2/);
  });
});

describe('warmUp', () => {
  test('tells the time of a single row in milliseconds', async () => {
    const milliseconds = await withScorer(warmUp);
    expect(milliseconds).toBeGreaterThan(0);
    expect(milliseconds).toBeLessThan(1_000);
  });

  test('takes the median, so that one slow run does not count', async () => {
    let runs = 0;
    const timed = async () => {
      runs += 1;
      await Promise.resolve();
      return { scores: new Float32Array(1), rowMs: runs === 2 ? 60 : 3 };
    };
    const score = async () => (await timed()).scores;
    const close = () => Promise.resolve();
    expect(await warmUp({ width: 1, maxRows: 1, score, timed, timedApart: timed, close })).toBe(3);
    expect(runs).toBeGreaterThan(10);
  });

  test('leaves out what a busy worker does between the runs', async () => {
    let busy = true;
    const work = (): void => {
      const until = performance.now() + 5;
      while (performance.now() < until);
      if (busy) setImmediate(work);
    };
    setImmediate(work);
    expect(await withScorer(warmUp)).toBeLessThan(4);
    busy = false;
  });
});
