import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aucError } from '../../../shared/outcomes/auc-error.ts';
import { estimate } from '../../../shared/outcomes/estimate.ts';
import {
  evidenceOf,
  observedToExpected,
  reasonToDistrust,
} from '../../../shared/outcomes/observed-expected.ts';
import { metricsOf, PERFORMANCE_METRICS } from '../../../shared/outcomes/realised.ts';
import { areasOf } from '../../../shared/outcomes/ranked-areas.ts';
import { MAX_SCORES, ScoreTally } from '../../../shared/outcomes/score-tally.ts';
import { aucRoc, averagePrecision } from '../../../shared/training/metrics.ts';
import { createRandom } from '../../../shared/training/random.ts';
import reference from '../../fixtures/performance-reference.json' with { type: 'json' };
import { tallied, type TalliedRow } from './tallied.ts';

const rows: TalliedRow[] = reference.p.map((p, row) => ({
  p,
  label: reference.y[row] === 1 ? 1 : 0,
  account: reference.account[row] ?? '',
}));
const close = (expected: object, digits = 12) =>
  Object.fromEntries(
    Object.entries(expected).map(([name, value]) => [name, expect.closeTo(Number(value), digits)]),
  );

describe('measured performance', () => {
  it("is scikit-learn's, many of the scores being equal", () => {
    const tally = tallied(rows);
    expect(tally.confusion).toEqual(reference.confusion);
    expect(metricsOf(tally.confusion, tally.cells())).toEqual(close(reference.realised));
  });

  it('has the standard error that DeLong, and with accounts Obuchowski, define', () => {
    const tally = tallied(rows);
    expect(aucError(tally.cells())).toBeCloseTo(reference.aucError, 12);
    expect(aucError(tally.cells(), tally.positiveRows())).toBeCloseTo(reference.clusteredAucError, 12);
  });

  it.each([
    ['one class', rows.filter(({ label }) => label === 0)],
    ['too few rows', rows.slice(0, 9)],
    ['no labels', rows.map(({ p }) => ({ p }))],
  ])('is absent with %s', (_, few) => {
    const tally = tallied(few);
    expect(metricsOf(tally.confusion, tally.cells())).toEqual({});
  });

  it('leaves blocked rows without a label out, and takes others for negative only where that is known', () => {
    const unlabelled = [0.9, 0.5, 0.1].map((p) => ({ p }));
    expect(tallied(unlabelled)).toMatchObject({
      predictions: 3,
      assumedNegative: 0,
      blocked: { predictions: 1, labels: 0 },
      confusion: { tp: 0, fp: 0, tn: 0, fn: 0 },
    });
    expect(tallied(unlabelled.map((row) => ({ ...row, assumed: true })))).toMatchObject({
      assumedNegative: 2,
      blocked: { predictions: 1, labels: 0 },
      confusion: { tp: 0, fp: 1, tn: 1, fn: 0 },
    });
  });
});

describe('a tally of scores', () => {
  it('keeps the areas in bounded memory, however many different scores there are', () => {
    const draw = createRandom(3);
    const scores = Float64Array.from({ length: 3 * MAX_SCORES }, () => draw() ** 4);
    const labels = Uint8Array.from(scores, (score) => (draw() < score ? 1 : 0));
    const tally = new ScoreTally();
    for (const [row, score] of scores.entries())
      tally.add(score, labels[row] === 1 ? 'positive' : 'negative');
    const cells = tally.cells();
    expect(cells.length).toBeLessThanOrEqual(MAX_SCORES);
    expect(cells.reduce((sum, { predictions }) => sum + predictions, 0)).toBe(scores.length);
    const areas = areasOf(cells);
    expect(areas.aucRoc).toBeCloseTo(aucRoc(labels, scores), 4);
    expect(areas.averagePrecision).toBeCloseTo(averagePrecision(labels, scores), 3);
  });

  it('is exact up to that', () => {
    const row = fc.record({ score: fc.double({ min: 0, max: 1, noNaN: true }), positive: fc.boolean() });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), (drawn) => {
        const tally = new ScoreTally();
        for (const { score, positive } of drawn) tally.add(score, positive ? 'positive' : 'negative');
        const labels = Uint8Array.from(drawn, ({ positive }) => (positive ? 1 : 0));
        const scores = Float64Array.from(drawn, ({ score }) => score);
        fc.pre(new Set(labels).size === 2);
        const areas = areasOf(tally.cells());
        expect([areas.aucRoc, areas.averagePrecision]).toEqual([
          expect.closeTo(aucRoc(labels, scores), 10),
          expect.closeTo(averagePrecision(labels, scores), 10),
        ]);
      }),
    );
  });
});

describe('estimated performance', () => {
  it("is scikit-learn's of each row as p of a positive and 1 − p of a negative one", () => {
    const { metrics, confusion } = estimate(tallied(rows.map(({ p }) => ({ p }))));
    expect(metrics).toEqual(close(reference.estimated));
    expect(confusion).toEqual(close(reference.estimatedConfusion, 10));
  });

  it('meets what labels say later, where the scores are the probabilities of a simulated world', () => {
    const draw = createRandom(5);
    const world = Array.from({ length: 40_000 }, () => 1 / (1 + Math.exp(3 - 4 * draw() ** 2 - 3 * draw())));
    const labelled = tallied(world.map((p) => ({ p, label: draw() < p ? 1 : 0 })));
    const truth = metricsOf(labelled.confusion, labelled.cells());
    const { metrics } = estimate(tallied(world.map((p) => ({ p }))));
    for (const metric of PERFORMANCE_METRICS)
      expect(Math.abs((metrics[metric] ?? 9) - (truth[metric] ?? 0)), metric).toBeLessThan(0.01);
    expect(reasonToDistrust(evidenceOf(labelled))).toBeUndefined();
  });

  it('is far off, and distrusted, where positives have become twice as likely', () => {
    const draw = createRandom(6);
    const world = Array.from({ length: 20_000 }, () => 0.45 * draw() ** 3);
    const labelled = tallied(world.map((p) => ({ p, label: draw() < 2 * p ? 1 : 0 })));
    const truth = metricsOf(labelled.confusion, labelled.cells());
    const { metrics } = estimate(labelled);
    expect((truth.precision ?? 0) - (metrics.precision ?? 1)).toBeGreaterThan(0.3);
    expect(reasonToDistrust(evidenceOf(labelled))).toMatch(/^observed\/expected positives are (1\.9|2\.0)/);
  });
});

describe('observed over expected', () => {
  it('has limits within 1 % of the exact Poisson ones', () => {
    for (const [observed = 0, lower = 0, upper = 0] of reference.poissonLimits) {
      const found = observedToExpected({ observed, expected: 10, squares: observed });
      expect(found?.value).toBeCloseTo(observed / 10, 12);
      expect(Math.abs((found?.lower ?? 9) * 10 - lower)).toBeLessThanOrEqual(0.01 * lower + 0.02);
      expect(Math.abs((found?.upper ?? 9) * 10 - upper)).toBeLessThanOrEqual(0.01 * upper + 0.02);
    }
  });

  it('covers the truth as often as it says when positives of one account come together', () => {
    const draw = createRandom(8);
    const RUNS = 4_000;
    let missed = 0;
    for (let run = 0; run < RUNS; run += 1) {
      // A tenth of 400 accounts have positives, and half of those four of them: 100 are to be expected.
      const sizes = Array.from({ length: 400 }, () => (draw() < 0.1 ? (draw() < 0.5 ? 4 : 1) : 0));
      const observed = sizes.reduce<number>((sum, size) => sum + size, 0);
      const squares = sizes.reduce<number>((sum, size) => sum + size ** 2, 0);
      const ratio = observedToExpected({ observed, expected: 100, squares });
      if (ratio !== undefined && (ratio.lower > 1 || ratio.upper < 1)) missed += 1;
    }
    // Without regard to accounts it is .25.
    expect(missed / RUNS).toBeLessThan(0.06);
  });

  it('knows the accounts of positive rows', () => {
    const all = ['a', 'a', 'a', 'b', 'c'].map((account) => ({ p: 0.5, label: 1 as const, account }));
    expect(evidenceOf(tallied([...all, { p: 0.1, label: 0, account: 'a' }]))).toEqual({
      observed: 5,
      expected: 2.6,
      squares: 11,
    });
  });

  it('says nothing where a few positives may be chance', () => {
    expect(reasonToDistrust({ observed: 6, expected: 3, squares: 6 })).toBeUndefined();
    expect(reasonToDistrust({ observed: 600, expected: 300, squares: 600 })).toMatch(/2\.00/);
    expect(reasonToDistrust({ observed: 11_000, expected: 10_000, squares: 11_000 })).toBeUndefined();
    expect(reasonToDistrust({ observed: 0, expected: 0, squares: 0 })).toBeUndefined();
  });
});
