import { describe, expect, test } from 'vitest';
import { logE, marginGrid } from '../../../shared/promotion/e-process.ts';
import { foldOneSample, oneSampleLogE } from '../../../shared/promotion/one-sample.ts';
import { foldPaired, mirrored, NO_PAIRED_EVIDENCE } from '../../../shared/promotion/paired.ts';
import {
  foldTwoSample,
  HARM,
  HARMLESSNESS,
  NO_TWO_SAMPLE_EVIDENCE,
} from '../../../shared/promotion/two-sample.ts';

const MARGIN = 0.005;

describe('foldTwoSample', () => {
  // Computed with an independent implementation.
  const blocks = [
    { champion: { n: 300, events: 2 }, canary: { n: 100, events: 3 } },
    { champion: { n: 290, events: 4 }, canary: { n: 110, events: 5 } },
    { champion: { n: 310, events: 1 }, canary: { n: 90, events: 6 } },
  ];
  test.each([
    ['harm', HARM, [0.382373, 1.115682, 4.509296]],
    ['harmlessness', HARMLESSNESS, [-0.716688, -1.712149, -2.776922]],
  ])('gives the reference evidence of %s after each block', (_, side, expected) => {
    let evidence = NO_TWO_SAMPLE_EVIDENCE;
    const seen = blocks.map((block) => {
      evidence = foldTwoSample(evidence, block, [MARGIN], side);
      return logE(evidence.logRatios, 0);
    });
    for (const [at, value] of seen.entries()) expect(value).toBeCloseTo(expected[at]!, 6);
  });

  test('learns from a block of the champion alone, and takes it for no evidence', () => {
    const alone = { champion: { n: 100, events: 3 }, canary: { n: 0, events: 0 } };
    const evidence = foldTwoSample(NO_TWO_SAMPLE_EVIDENCE, alone, [MARGIN], HARM);
    expect(evidence).toEqual({ n: 100, events: 3, logRatios: [] });
    expect(logE(evidence.logRatios, 0)).toBe(0);
  });

  test.each([
    [HARM, 0.01, 0.005],
    [HARM, 0.3, -0.1],
    [HARM, 0.02, 0],
    [HARM, 0.001, 0.2],
    [HARMLESSNESS, 0.01, 0.005],
    [HARMLESSNESS, 0.3, -0.1],
    [HARMLESSNESS, 0.02, 0],
    [HARMLESSNESS, 0.001, 0.2],
  ])('is a fair bet on the edge of the null: two blocks, all outcomes', (side, rate, margin) => {
    // The second block is bet on with what the first has shown, so every path is followed.
    const sizes = [
      { champion: 6, canary: 3 },
      { champion: 2, canary: 5 },
    ];
    const expectation = (evidence: typeof NO_TWO_SAMPLE_EVIDENCE, at: number): number => {
      const size = sizes[at];
      if (size === undefined) return Math.exp(logE(evidence.logRatios, 0));
      let sum = 0;
      for (let events = 0; events <= size.champion; events += 1) {
        for (let canaryEvents = 0; canaryEvents <= size.canary; canaryEvents += 1) {
          const counts = {
            champion: { n: size.champion, events },
            canary: { n: size.canary, events: canaryEvents },
          };
          const probability =
            binomial(size.champion, events, rate) * binomial(size.canary, canaryEvents, rate + margin);
          sum += probability * expectation(foldTwoSample(evidence, counts, [margin], side), at + 1);
        }
      }
      return sum;
    };
    expect(expectation(NO_TWO_SAMPLE_EVIDENCE, 0)).toBeLessThanOrEqual(1 + 1e-9);
  });
});

describe('foldPaired', () => {
  test.each([
    ['at-most', 0.03, 0.005],
    ['at-most', 0.03, -0.01],
    ['at-most', 0.4, 0],
    ['at-least', 0.03, 0.005],
    ['at-least', 0.03, -0.01],
    ['at-least', 0.2, 0.1],
  ] as const)(
    'is a fair bet on the edge of the null: two blocks, all outcomes (%s)',
    (side, common, margin) => {
      const [b, c] = [common + margin, common];
      const expectation = (evidence: typeof NO_PAIRED_EVIDENCE, left: number): number => {
        if (left === 0) return Math.exp(logE(evidence.logRatios, 0));
        let sum = 0;
        const n = 6;
        for (let candidateOnly = 0; candidateOnly <= n; candidateOnly += 1) {
          for (let championOnly = 0; championOnly <= n - candidateOnly; championOnly += 1) {
            const counts = { n, candidateOnly, championOnly };
            const probability =
              binomial(n, candidateOnly, b) * binomial(n - candidateOnly, championOnly, c / (1 - b));
            sum += probability * expectation(foldPaired(evidence, counts, [margin], side), left - 1);
          }
        }
        return sum;
      };
      expect(expectation(NO_PAIRED_EVIDENCE, 2)).toBeLessThanOrEqual(1 + 1e-9);
    },
  );

  test('is as sure of less as of more once the roles are swapped', () => {
    const counts = { n: 400, candidateOnly: 3, championOnly: 30 };
    const evidence = foldPaired(NO_PAIRED_EVIDENCE, counts, [MARGIN], 'at-most');
    expect(logE(evidence.logRatios, 0)).toBeLessThan(0);
    const swapped = foldPaired(NO_PAIRED_EVIDENCE, mirrored(counts), [MARGIN], 'at-most');
    expect(logE(swapped.logRatios, 0)).toBeGreaterThan(10);
  });
});

describe('foldOneSample', () => {
  test.each([0.02, 0.3, 0.95])('is a fair bet at the greatest harmless rate %d', (harmless) => {
    let sum = 0;
    for (let events = 0; events <= 30; events += 1) {
      const evidence = foldOneSample([], { n: 30, events }, harmless);
      sum += binomial(30, events, harmless) * Math.exp(oneSampleLogE(evidence));
    }
    expect(sum).toBeCloseTo(1, 9);
  });

  test('can tell nothing where every rate is harmless', () => {
    expect(oneSampleLogE(foldOneSample([], { n: 1_000, events: 1_000 }, 1.005))).toBe(0);
  });
});

test('the margins hold the gate’s own, each once, in order', () => {
  const grid = marginGrid(0.005);
  expect(grid).toHaveLength(17);
  expect(marginGrid(0.007)).toHaveLength(18);
  expect(marginGrid(0.007)).toContain(0.007);
  expect([...grid].toSorted((left, right) => left - right)).toEqual(grid);
});

function binomial(n: number, k: number, rate: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i += 1) ways = (ways * (n - k + i)) / i;
  return ways * rate ** k * (1 - rate) ** (n - k);
}
