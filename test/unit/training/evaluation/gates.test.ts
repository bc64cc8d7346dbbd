import { describe, expect, it } from 'vitest';
import { championGates } from '../../../../shared/training/evaluation/champion-gates.ts';
import type { Comparison } from '../../../../shared/training/evaluation/compare.ts';
import { verdictOf } from '../../../../shared/training/evaluation/gate-results.ts';
import { judge } from '../../../../shared/training/evaluation/measure-version.ts';
import { type OwnFacts, ownGates } from '../../../../shared/training/evaluation/own-gates.ts';
import { trainingGatesSchema } from '../../../../shared/training/evaluation/training-gates.ts';

const defaults = trainingGatesSchema.parse({});

function comparison(aucRoc: [number, number, number], averagePrecision = aucRoc): Comparison {
  const interval = ([value, lower, upper]: [number, number, number]) => ({ value, lower, upper });
  return {
    champion: { version: '7' },
    rows: 1_000,
    positives: 100,
    championMetrics: {},
    differences: { aucRoc: interval(aucRoc), averagePrecision: interval(averagePrecision) },
  };
}

const good: OwnFacts = {
  intervals: {
    aucRoc: { value: 0.9, lower: 0.88, upper: 0.92 },
    observedToExpected: { value: 1.02, lower: 0.95, upper: 1.1 },
    calibrationSlope: { value: 0.97, lower: 0.9, upper: 1.05 },
  },
  segments: [],
  singleFeatures: [{ feature: 'amount', aucRoc: 0.75 }],
  rowMs: 0.1,
  modelBytes: 100_000,
};
const verdicts = (facts: OwnFacts, settings: object = {}) =>
  Object.fromEntries(
    ownGates(facts, trainingGatesSchema.parse(settings), 10).map(({ gate, verdict }) => [gate, verdict]),
  );

describe('the champion gates', () => {
  it.each([
    ['the interval lies below 0', [-0.004, -0.006, -0.001], 'fail'],
    ['the difference is below the margin, however uncertain', [-0.011, -0.05, 0.03], 'fail'],
    ['the interval reaches beyond the margin', [-0.003, -0.02, 0.014], 'inconclusive'],
    ['the interval lies above the margin, below 0 as well', [-0.003, -0.009, 0.003], 'pass'],
    ['it is the same model', [0, 0, 0], 'pass'],
    ['it is better', [0.02, 0.01, 0.03], 'pass'],
  ] as const)('for a version that is not to be worse, where %s', (_, difference, verdict) => {
    expect(championGates(comparison([...difference], [0, 0, 0]), defaults.champion)[0]).toMatchObject({
      gate: 'champion-aucRoc',
      verdict,
    });
  });

  it('allow average precision a margin of .02', () => {
    const [, gate] = championGates(comparison([0, 0, 0], [-0.015, -0.05, 0.02]), defaults.champion);
    expect(gate).toMatchObject({ verdict: 'inconclusive', numbers: { margin: 0.02 } });
  });

  it.each([
    ['not better at all', [-0.001, -0.02, 0.03], 'fail'],
    ['certainly not better by the margin', [0.003, 0.001, 0.005], 'fail'],
    ['better by the margin, but perhaps by chance', [0.015, -0.001, 0.03], 'inconclusive'],
    ['better, perhaps by the margin', [0.008, 0.004, 0.012], 'inconclusive'],
    ['better by the margin', [0.015, 0.001, 0.03], 'pass'],
  ] as const)('for a version that is to be better, where it is %s', (_, difference, verdict) => {
    const settings = trainingGatesSchema.parse({
      champion: { aucRoc: { require: 'better' }, averagePrecision: null },
    });
    const results = championGates(comparison([...difference]), settings.champion);
    expect(results.map((result) => result.verdict)).toEqual([verdict]);
  });

  it('are inconclusive where the common rows do not tell, and absent without a champion', () => {
    const empty = { ...comparison([0, 0, 0]), rows: 3, positives: 0, differences: {} };
    expect(championGates(empty, defaults.champion).map(({ verdict }) => verdict)).toEqual([
      'inconclusive',
      'inconclusive',
    ]);
    expect(championGates(undefined, defaults.champion)).toEqual([]);
  });

  it('name the figures and the champion', () => {
    const [gate] = championGates(comparison([-0.03, -0.04, -0.02]), defaults.champion);
    expect(gate?.reason).toBe(
      'AUC-ROC is not as good within 0.01: −0.0300 against version 7 (−0.0400 to −0.0200)',
    );
  });
});

describe("a version's own gates", () => {
  it('pass with the defaults', () => {
    expect(new Set(Object.values(verdicts(good)))).toEqual(new Set(['pass']));
  });

  it('hold metrics to their minimum', () => {
    expect(verdicts(good, { minimum: { aucRoc: 0.9 } })).toMatchObject({ 'minimum-aucRoc': 'pass' });
    expect(verdicts(good, { minimum: { aucRoc: 0.91 } })).toMatchObject({ 'minimum-aucRoc': 'fail' });
    expect(verdicts(good, { minimum: { recall: 0.1 } })).toMatchObject({ 'minimum-recall': 'inconclusive' });
  });

  it.each([
    ['certainly off', { value: 0.7, lower: 0.6, upper: 0.79 }, 'fail'],
    ['off, but perhaps within the range', { value: 0.7, lower: 0.4, upper: 0.9 }, 'inconclusive'],
    ['within the range, although not 1', { value: 0.85, lower: 0.82, upper: 0.88 }, 'pass'],
    ['certainly too high', { value: 1.4, lower: 1.3, upper: 1.5 }, 'fail'],
    ['too high, but perhaps within the range', { value: 1.3, lower: 1.2, upper: 1.4 }, 'inconclusive'],
  ])('judge a calibration that is %s', (_, figure, verdict) => {
    const observed = { ...good, intervals: { ...good.intervals, observedToExpected: figure } };
    const slope = { ...good, intervals: { ...good.intervals, calibrationSlope: figure } };
    expect(verdicts(observed)).toMatchObject({
      'calibration-observed-expected': verdict,
      'calibration-slope': 'pass',
    });
    expect(verdicts(slope)).toMatchObject({
      'calibration-observed-expected': 'pass',
      'calibration-slope': verdict,
    });
  });

  it.each([
    [{ value: 0.3, lower: 0.2, upper: 0.4 }, 'fail'],
    [{ value: 0.15, lower: 0.05, upper: 0.25 }, 'inconclusive'],
    [{ value: 0.05, lower: 0.01, upper: 0.2 }, 'pass'],
  ])('judge the gaps of the columns that are named', (gap, verdict) => {
    const falsePositiveRateGap = { ...gap, highest: 'FR', lowest: 'CA' };
    const facts = { ...good, segments: [{ column: 'country', segments: [], falsePositiveRateGap }] };
    expect(verdicts(facts)).not.toHaveProperty('segment-gap-country');
    const results = verdicts(facts, { segmentGap: { columns: ['country', 'sex'] } });
    expect(results).toMatchObject({ 'segment-gap-country': verdict, 'segment-gap-sex': 'inconclusive' });
  });

  it('bound the time of a row, by the model’s own limit where the gate has none, and the size', () => {
    expect(verdicts({ ...good, rowMs: 12, modelBytes: 1e9 })).toMatchObject({
      latency: 'fail',
      size: 'fail',
    });
    expect(verdicts({ ...good, rowMs: 12 }, { latency: { maxRowMs: 20 } })).toMatchObject({
      latency: 'pass',
    });
    const judged = judge({ ...good, rowMs: 5 }, { limits: { maxRowMs: 3 } });
    expect(judged.find(({ gate }) => gate === 'latency')).toMatchObject({
      verdict: 'fail',
      numbers: { max: 3 },
    });
  });

  it('name the feature that gives the label away', () => {
    const leaked = { ...good, singleFeatures: [{ feature: 'chargeback', aucRoc: 0.999 }] };
    const leak = ownGates(leaked, defaults, 10).find(({ gate }) => gate === 'leak');
    expect(leak).toMatchObject({
      verdict: 'fail',
      reason: expect.stringMatching(/'chargeback'.*possible leak/),
    });
    expect(verdicts({ ...good, singleFeatures: [{ feature: 'x', aucRoc: 0.897 }] })).toMatchObject({
      leak: 'inconclusive',
    });
  });

  it('are left out where the folder turns them off or nothing was measured', () => {
    const off = { segmentGap: null, calibration: null, latency: null, size: null, leak: null };
    expect(verdicts(good, off)).toEqual({});
    expect(Object.keys(verdicts({}))).toEqual(['calibration-observed-expected', 'calibration-slope']);
  });
});

describe('verdictOf', () => {
  const result = (gate: string, verdict: 'pass' | 'fail' | 'inconclusive') => ({
    gate,
    verdict,
    reason: `of ${gate}`,
    numbers: {},
  });

  it('rejects where a gate failed, with the reasons of those that did', () => {
    expect(
      verdictOf([result('a', 'pass'), result('b', 'fail'), result('c', 'inconclusive'), result('d', 'fail')]),
    ).toEqual({
      state: 'rejected',
      reason: 'b: of b; d: of d',
    });
  });

  it('registers what is inconclusive, and says so', () => {
    expect(verdictOf([result('a', 'pass'), result('b', 'inconclusive')])).toEqual({
      state: 'registered',
      reason: 'inconclusive: b: of b',
    });
    expect(verdictOf([result('a', 'pass')])).toEqual({ state: 'registered' });
  });
});
