import { describe, expect, test } from 'vitest';
import { planSchema } from '../../../shared/promotion/plan.ts';
import { createRandom } from '../../../shared/training/random.ts';
import { type GateOutcomes, quickCriteria, runGate } from '../../../tools/gate-runs.ts';
import { binomial, simulatedBlock } from '../../../tools/simulated-evidence.ts';
import { StickyTraffic } from '../../../tools/sticky-accounts.ts';

const RUNS = 120;

/** 200 looks of 50 requests of each arm. */
function errors(champion: number, canary: number, margin = 0.005): GateOutcomes {
  const criteria = quickCriteria(planSchema.parse({ gates: { errorRate: { margin } } }));
  return runGate({
    gate: 'errorRate',
    stage: 'shared',
    criteria,
    runs: RUNS,
    looks: 200,
    seed: 1,
    block: (random) =>
      simulatedBlock(random, {
        champion: { n: 50, errorRate: champion },
        canary: { n: 50, errorRate: canary },
      }),
  });
}

describe('the errors gate, looked at 200 times', () => {
  test('seldom errs about a canary that is equal, at the margin, or compared without any', () => {
    const equal = errors(0.01, 0.01);
    expect(equal.failed / RUNS).toBeLessThanOrEqual(0.05);
    expect(equal.passed / RUNS).toBeGreaterThan(0.7);
    const atMargin = errors(0.01, 0.015);
    expect(atMargin.failed / RUNS).toBeLessThanOrEqual(0.05);
    // β is .05, and three standard errors of so few runs .06.
    expect(atMargin.passed / RUNS).toBeLessThan(0.11);
    expect(errors(0.01, 0.01, 0).failed / RUNS).toBeLessThanOrEqual(0.05);
  });

  test('finds a fault of two percent, about as fast as was found beforehand', () => {
    const { failed, toFail } = errors(0.01, 0.03);
    expect(failed / RUNS).toBeGreaterThanOrEqual(0.95);
    const median = toFail[Math.floor(failed / 2)] ?? 0;
    expect(median).toBeGreaterThan(1_700);
    expect(median).toBeLessThan(2_700);
  });
});

describe('the other gates, with the difference exactly at their limit', () => {
  test('decisions, where 60 looks bring 15,000 pairs', () => {
    const { failed, passed } = runGate({
      gate: 'decisionRate',
      stage: 'shadow',
      criteria: quickCriteria(),
      runs: 60,
      looks: 60,
      seed: 2,
      block: (random) => simulatedBlock(random, { pairs: { n: 250, blocked: [0.008, 0.003] } }),
    });
    expect([failed, passed].map((count) => count <= 6)).toEqual([true, true]);
  });

  test('latency at the limit of its ratio', () => {
    const { failed, passed } = runGate({
      gate: 'latencyP95',
      stage: 'shared',
      criteria: quickCriteria(),
      runs: 60,
      looks: 40,
      seed: 3,
      block: (random) =>
        simulatedBlock(random, { champion: { n: 150, slowness: 1 }, canary: { n: 50, slowness: 1.5 } }),
    });
    expect([failed <= 3, passed <= 8]).toEqual([true, true]);
  });
});

test('a few accounts that fail often do not fail an equal canary, since each counts once', () => {
  const random = createRandom(4);
  const criteria = quickCriteria(planSchema.parse({ gates: { errorRate: { margin: 0 } } }));
  // All that may go wrong is spent here, so that a method that is fooled shows it.
  const strict = { ...criteria, errorRate: { ...criteria.errorRate, logFail: Math.log(20) } };
  const accounts = { count: 2_000, badRate: 0.8, goodRate: 0.002 };
  const failures = (everyFailure: boolean): number => {
    let traffic = new StickyTraffic(random, accounts, 0.5);
    const { failed } = runGate({
      gate: 'errorRate',
      stage: 'shared',
      criteria: strict,
      runs: 60,
      looks: 60,
      seed: 4,
      block: (_, look) => {
        if (look === 0) traffic = new StickyTraffic(random, accounts, 0.5);
        return traffic.block(500, everyFailure);
      },
    });
    return failed / 60;
  };
  expect(failures(false)).toBeLessThanOrEqual(0.1);
  expect(failures(true)).toBeGreaterThan(0.15);
});

test('the simulation draws what it says: the mean and the variance of a binomial', () => {
  const random = createRandom(5);
  for (const [n, rate] of [
    [50, 0.01],
    [200, 0.3],
    [40, 0.9],
  ] as const) {
    const draws = Array.from({ length: 20_000 }, () => binomial(random, n, rate));
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
    expect(mean / (n * rate)).toBeCloseTo(1, 1);
    expect(variance / (n * rate * (1 - rate))).toBeCloseTo(1, 1);
  }
});
