import { describe, expect, test } from 'vitest';
import { criteriaOf } from '../../../shared/promotion/criteria.ts';
import { milliseconds } from '../../../shared/promotion/duration.ts';
import { minutesToJudgeErrors } from '../../../shared/promotion/expected-growth.ts';
import { DEFAULT_PLAN, phaseCount, planSchema } from '../../../shared/promotion/plan.ts';
import { planAdvice, planFindings } from '../../../shared/promotion/plan-advice.ts';

function pathsOf(plan: unknown): readonly string[] {
  const parsed = planSchema.safeParse(plan);
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'));
}

describe('a plan', () => {
  test('has a default for every field', () => {
    expect(DEFAULT_PLAN).toMatchObject({
      shadow: { bake: '24h' },
      approval: 'none',
      alpha: 0.05,
      gates: {
        errorRate: { margin: 0.005 },
        latencyP95: { maxRatio: 1.5 },
        scoreShift: { maxPsi: 0.25 },
        decisionRate: { margin: 0.005 },
      },
    });
    expect(DEFAULT_PLAN.steps.map(({ percent }) => percent)).toEqual([1, 5, 25, 50, 100]);
    expect(phaseCount(DEFAULT_PLAN)).toBe(7);
    expect(planSchema.parse({ gates: { errorRate: {} }, steps: [{ percent: 5 }] })).toMatchObject({
      gates: DEFAULT_PLAN.gates,
      steps: [{ percent: 5, bake: '24h' }],
    });
  });

  test('takes seconds, and no shadow', () => {
    const plan = planSchema.parse({
      shadow: null,
      checkEvery: '2s',
      steps: [{ percent: 0.5, bake: '10s' }],
      keepWarm: '0s',
    });
    expect(phaseCount(plan)).toBe(1);
    expect(['0s', '10s', '15m', '24h', '7d'].map(milliseconds)).toEqual([
      0, 10_000, 900_000, 86_400_000, 604_800_000,
    ]);
  });

  test.each<[unknown, readonly string[]]>([
    [{ steps: [] }, ['steps']],
    [{ steps: [{ percent: 5 }, { percent: 5 }] }, ['steps.1.percent']],
    [{ steps: [{ percent: 100 }] }, ['steps.0.percent']],
    [{ steps: [{ percent: 0 }, { percent: 101 }] }, ['steps.0.percent', 'steps.1.percent']],
    [{ shadow: { bake: '1 hour' }, keepWarm: 60 }, ['shadow.bake', 'keepWarm']],
    [{ checkEvery: '0s' }, ['checkEvery']],
    [{ alpha: 0 }, ['alpha']],
    [{ gates: { errorRate: { margin: -0.1 } } }, ['gates.errorRate.margin']],
    [{ gates: { latencyP95: { maxRatio: 0.9 } } }, ['gates.latencyP95.maxRatio']],
    [{ approvals: 'none' }, ['']],
  ])('that cannot work is refused, and says where: %j', (plan, paths) => {
    expect(pathsOf(plan)).toEqual(paths);
  });
});

describe('what is expected of a gate', () => {
  // Medians of 1,000 to 2,000 simulated runs, found beforehand: canary requests to the verdict.
  test.each([
    [1, 0.01, 0.03, 'fail', 2_150],
    [19, 0.01, 0.03, 'fail', 1_250],
    [1, 0.01, 0.06, 'fail', 450],
    [1, 0.001, 0.03, 'fail', 550],
    [1, 0.01, 0.01, 'pass', 4_475],
    [19, 0.01, 0.01, 'pass', 3_050],
    [1, 0.001, 0.001, 'pass', 1_100],
  ] as const)(
    'is near the median of simulations: champion %i ×, %d → %d, %s',
    (ratio, before, after, verdict, median) => {
      const traffic = { champion: 50 * ratio, canary: 50 };
      const rates = { champion: before, canary: after };
      const minutes = minutesToJudgeErrors(traffic, rates, criteriaOf(DEFAULT_PLAN), verdict, 1);
      expect((minutes * 50) / median).toBeGreaterThan(0.85);
      expect((minutes * 50) / median).toBeLessThan(1.4);
    },
  );
});

describe('planAdvice', () => {
  const busy = { requestsPerMinute: 3_000, errorRate: 0.01 };

  test('has nothing to say against the default plan with much traffic', () => {
    const { problems, warnings, phases } = planAdvice(DEFAULT_PLAN, busy, 0.02);
    expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
    expect(phases.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(phases.at(-1)).toMatchObject({ percent: 100, minutesToPass: null, detectable: null });
  });

  test('refuses a plan that cannot reach its minimum, and says what it would take', () => {
    const quiet = { requestsPerMinute: 10, errorRate: 0.01 };
    const { problems, warnings } = planAdvice(DEFAULT_PLAN, quiet);
    expect(planFindings(DEFAULT_PLAN, quiet)).toEqual({ problems, warnings });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('the step of 1 % cannot reach its minimum of 1000 requests');
    expect(problems[0]).toContain('it takes 7 days');
  });

  test('warns of what a step is likely to miss', () => {
    const { warnings } = planAdvice(DEFAULT_PLAN, { requestsPerMinute: 50, errorRate: 0.01 }, 0.02);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(
      /^the step of 1 % is likely to miss a candidate that fails in 2 %: that takes about 1\d days/,
    );
  });

  test('detects less, and later, the less traffic there is', () => {
    const shares = [30, 100, 300, 1_000, 3_000].map(
      (requestsPerMinute) => planAdvice(DEFAULT_PLAN, { requestsPerMinute, errorRate: 0.01 }, 0.03).phases[1],
    );
    const detectable = shares.map((phase) => phase?.detectable ?? 1);
    expect(detectable).toEqual(detectable.toSorted((left, right) => right - left));
    const minutes = shares.map((phase) => phase?.minutesToDetect ?? 0);
    expect(minutes).toEqual(minutes.toSorted((left, right) => right - left));
  });
});
