import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import reference from '../../../fixtures/evaluation-reference.json' with { type: 'json' };
import { calibrationLine } from '../../../../shared/training/evaluation/calibration.ts';
import { costsSchema, DEFAULT_COSTS, decisionCost } from '../../../../shared/training/evaluation/costs.ts';
import { measure } from '../../../../shared/training/evaluation/measure.ts';
import { rankRows } from '../../../../shared/training/evaluation/ranked-rows.ts';
import { decide } from '../../../../shared/scoring/decide.ts';
import { createRandom } from '../../../../shared/training/random.ts';

const y = Uint8Array.from(reference.y);
const p = Float64Array.from(reference.p);
const weights = Float64Array.from(reference.weights);
const losses = Float64Array.from(reference.losses);
const { policy } = reference;
const costs = costsSchema.parse({ ...reference.costs, loss: 'amount' });
const rows = { y, p, policy, costs, losses };

describe('measure', () => {
  it.each([
    ['rows that count the same', {}, reference.plain],
    ['weighted rows', { weights }, reference.weighted],
  ])("gives scikit-learn's figures for %s, many of them with equal scores", (_, weighted, expected) => {
    const ranked = rankRows({ ...rows, ...weighted });
    const found = measure(ranked, ranked.weights);
    const { calibrationIntercept, calibrationSlope, ...others } = expected;
    expect(found).toMatchObject(close(others, 11));
    // Its solver stops earlier.
    expect(found.calibrationSlope).toBeCloseTo(calibrationSlope, 6);
    expect(ranked.line?.intercept).toBeCloseTo(calibrationIntercept, 6);
  });

  it('counts a row of weight 3 as three rows, and leaves out one of weight 0', () => {
    const row = fc.record({
      label: fc.integer({ min: 0, max: 1 }),
      score: fc.integer({ min: 1, max: 19 }),
      weight: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 5, maxLength: 60 }), (drawn) => {
        const repeated = drawn.flatMap((one) => Array.from({ length: one.weight }, () => one));
        const parts = [drawn, repeated].map((all) =>
          rankRows({
            y: Uint8Array.from(all, ({ label }) => label),
            p: Float64Array.from(all, ({ score }) => score / 20),
            policy,
            costs: DEFAULT_COSTS,
          }),
        );
        const { calibrationSlope: _, ...weighted } = measure(
          parts[0]!,
          Float64Array.from(drawn, ({ weight }) => weight),
        );
        const { calibrationSlope: __, ...plain } = measure(parts[1]!, parts[1]!.weights);
        expect(weighted).toMatchObject(close(plain, 10));
      }),
    );
  });

  it('finds in the first per cent of the alerts what a sorted list has there', () => {
    const draw = createRandom(1);
    const scores = Float64Array.from({ length: 1_000 }, () => draw());
    const labels = scores.map((score) => (draw() < score ** 3 ? 1 : 0));
    const ranked = rankRows({ y: Uint8Array.from(labels), p: scores, policy, costs: DEFAULT_COSTS });
    const sorted = [...scores.keys()].toSorted((a, b) => scores[b]! - scores[a]!).map((row) => labels[row]!);
    const share = (alerts: number) => sum(sorted.slice(0, alerts)) / sum(sorted);
    const found = measure(ranked, ranked.weights);
    expect(found.recallAt1Percent).toBeCloseTo(share(10), 12);
    expect(found.recallAt5Percent).toBeCloseTo(share(50), 12);
  });

  it('gives equal scores their share of the alerts', () => {
    const flat = { ...rows, p: new Float64Array(y.length).fill(0.2) };
    const ranked = rankRows(flat);
    const { recallAt1Percent, recallAt5Percent } = measure(ranked, ranked.weights);
    expect(recallAt1Percent).toBeCloseTo(0.01, 12);
    expect(recallAt5Percent).toBeCloseTo(0.05, 12);
  });

  it('updates the calibration slope of resampled rows nearly as a whole fit would', () => {
    const draw = createRandom(2);
    const large = Float64Array.from({ length: 4_000 }, () => 0.02 + 0.5 * draw() ** 2);
    const labels = Uint8Array.from(large, (score) => (draw() < score ** 1.2 ? 1 : 0));
    const ranked = rankRows({ y: labels, p: large, policy, costs: DEFAULT_COSTS });
    const resampled = Float64Array.from(large, () => Math.floor(draw() * 3));
    const whole = calibrationLine(labels, large, resampled);
    expect(whole?.slope).not.toBeCloseTo(ranked.line?.slope ?? 0, 2);
    expect(measure(ranked, resampled).calibrationSlope).toBeCloseTo(whole?.slope ?? 0, 2);
  });

  it('has no calibration slope where the score separates the classes', () => {
    const ranked = rankRows({
      y: Uint8Array.of(0, 0, 1, 1),
      p: Float64Array.of(0.1, 0.2, 0.8, 0.9),
      policy,
      costs: DEFAULT_COSTS,
    });
    expect(measure(ranked, ranked.weights)).toMatchObject({ aucRoc: 1, calibrationSlope: Number.NaN });
  });

  it('is cheapest for the decision that has the least expected cost', () => {
    const expectedCost = (score: number, decision: 'approve' | 'review' | 'block') =>
      score * decisionCost(decision, 1, 1, DEFAULT_COSTS) +
      (1 - score) * decisionCost(decision, 0, 1, DEFAULT_COSTS);
    // From the formulas: approve p, review .05 + .1p, block .3(1 − p) meet at p = .05/.9 and p = .625.
    const cheapest = { review: 0.05 / 0.9, block: 0.25 / 0.4 };
    for (let score = 0.0005; score < 1; score += 0.001) {
      const best = (['approve', 'review', 'block'] as const).toSorted(
        (a, b) => expectedCost(score, a) - expectedCost(score, b),
      )[0];
      expect(best).toBe(decide(score, cheapest));
    }
  });

  it('refuses what is no probability and lengths that differ', () => {
    expect(() => rankRows({ ...rows, p: p.map(() => 1.5) })).toThrow(/row 0 is 1.5/);
    expect(() => rankRows({ ...rows, p: p.subarray(1) })).toThrow(RangeError);
  });
});

/** The figures as matchers, since sums in another order differ in the last digits. */
function close(expected: Readonly<Record<string, number>>, digits: number): Record<string, unknown> {
  const matchers: Record<string, unknown> = {};
  for (const [metric, value] of Object.entries(expected)) {
    matchers[metric] = Number.isFinite(value) ? expect.closeTo(value, digits) : value;
  }
  return matchers;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
