import { EMPTY_BLOCK } from '../shared/promotion/evidence.ts';
import { percentText } from '../shared/promotion/gate.ts';
import { DEFAULT_PLAN, planSchema } from '../shared/promotion/plan.ts';
import { createRandom } from '../shared/training/random.ts';
import { quickCriteria } from './gate-runs.ts';
import type { Progress } from './progress.ts';
import { simulatedBlock } from './simulated-evidence.ts';
import { simulatePromotion, type TrafficOf } from './simulated-promotion.ts';

/** Whole promotions, all gates at once, from the shadow to the end of the watch. */
export function* promotionsTable(runs: number, seed: number, progress: Progress): Generator<string> {
  const plan = planSchema.parse({
    shadow: { bake: '30m' },
    steps: [1, 5, 25, 50, 100].map((percent) => ({ percent, bake: '30m' })),
    checkEvery: '1m',
    minRequests: 100,
    extendAtMost: '5h',
    keepWarm: '30m',
  });
  const perMinute = 1_000;
  const situations: readonly { readonly name: string; readonly traffic: TrafficOf }[] = [
    { name: 'equal candidates', traffic: trafficOf(perMinute, {}) },
    {
      name: 'equal candidates, errors of both rise from .5 to 3 % along the ladder',
      traffic: (random, percent, at) => {
        const errorRate = 0.005 + 0.025 * Math.min(1, at / (150 * 60_000));
        return trafficOf(perMinute, { errorRate, candidateErrorRate: errorRate })(random, percent, at);
      },
    },
    {
      name: 'candidates exactly at the margin of every gate',
      traffic: trafficOf(perMinute, {
        candidateErrorRate: 0.015,
        slowness: 1.5,
        blocked: [0.006, 0.001],
        shift: 0.51,
      }),
    },
    {
      name: 'candidates that fail in 4 % instead of 1 %',
      traffic: trafficOf(perMinute, { candidateErrorRate: 0.04 }),
    },
    { name: 'candidates that are 3 × slower', traffic: trafficOf(perMinute, { slowness: 3 }) },
    { name: 'candidates that block 2 → 4 %', traffic: trafficOf(perMinute, { blocked: [0.021, 0.001] }) },
    {
      name: 'candidates whose scores are shifted by a standard deviation',
      traffic: trafficOf(perMinute, { shift: 1 }),
    },
  ];
  yield '| whole promotions of | promoted | rolled back | by | in | waiting for a person |';
  yield '|---|---|---|---|---|---|';
  const criteria = quickCriteria(plan);
  for (const [at, { name, traffic }] of situations.entries()) {
    progress.show('promotions', at, situations.length);
    const random = createRandom(seed);
    const ends = Array.from(
      { length: runs },
      () => simulatePromotion(plan, criteria, random, traffic).situation,
    );
    const back = ends.filter((end) => end.phase === 'rolled-back');
    const promoted = ends.filter((end) => end.phase === 'promoted').length;
    yield (
      `| ${name} | ${percentText(promoted / runs)} | ${percentText(back.length / runs)} ` +
      `| ${tally(back.map(({ gate }) => gate ?? ''))} | ${tally(back.map(({ step }) => phaseName(step)))} ` +
      `| ${percentText((runs - promoted - back.length) / runs)} |`
    );
  }
}

interface Truth {
  readonly errorRate?: number;
  readonly candidateErrorRate?: number;
  readonly slowness?: number;
  readonly blocked?: readonly [number, number];
  readonly shift?: number;
}

function trafficOf(perMinute: number, truth: Truth): TrafficOf {
  const { errorRate = 0.01, candidateErrorRate = errorRate, slowness = 1 } = truth;
  const { blocked = [0.001, 0.001], shift = 0 } = truth;
  return (random, percent) => {
    const canary = Math.round((perMinute * percent) / 100);
    // The shadow worker takes part of the rows of a busy champion, and all of a small canary's.
    const pairs = percent === 0 ? 100 : Math.min(canary, 100);
    const errors = [candidateErrorRate * (1 - errorRate), errorRate * (1 - candidateErrorRate)] as const;
    return {
      ...EMPTY_BLOCK,
      ...simulatedBlock(random, {
        champion: { n: percent === 0 ? 0 : perMinute - canary, errorRate, slowness: 1 },
        canary: { n: canary, errorRate: candidateErrorRate, slowness },
        pairs: { n: pairs, errors, blocked, bothBlock: 0.019, shift },
      }),
    };
  };
}

function phaseName(step: number): string {
  return step === 0 ? 'shadow' : `${DEFAULT_PLAN.steps[step - 1]?.percent ?? '?'} %`;
}

function tally(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const parts = [...counts].sort(([, left], [, right]) => right - left);
  return parts.map(([name, count]) => `${name} ${count}`).join(', ') || '-';
}
