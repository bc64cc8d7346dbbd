import type { Criteria } from '../shared/promotion/criteria.ts';
import { criteriaOf } from '../shared/promotion/criteria.ts';
import type { Block } from '../shared/promotion/evidence.ts';
import type { Gate } from '../shared/promotion/gate.ts';
import { assess, gather, type Gathered, type Stage, startPhase } from '../shared/promotion/gathered.ts';
import { DEFAULT_PLAN, type Plan } from '../shared/promotion/plan.ts';
import { createRandom, type Random } from '../shared/training/random.ts';

/** Criteria that keep evidence at the margin alone: the verdicts are the same, and it takes a tenth of the time. */
export function quickCriteria(plan: Plan = DEFAULT_PLAN): Criteria {
  return criteriaOf(plan, (margin) => [margin]);
}

export interface GateRuns {
  readonly gate: Gate;
  readonly stage: Stage;
  readonly criteria: Criteria;
  readonly runs: number;
  readonly looks: number;
  readonly seed: number;
  /** The increments at a look, counted from 0. */
  readonly block: (random: Random, look: number) => Block;
  /** What was gathered in the phase before. */
  readonly before?: ((random: Random) => Gathered) | undefined;
}

export interface GateOutcomes {
  readonly runs: number;
  /** Runs in which the gate failed at any look. */
  readonly failed: number;
  /** Runs in which it never failed and passed at a look. */
  readonly passed: number;
  readonly inconclusive: number;
  /** Samples (of the canary, or pairs) to the first failure of each run that failed, ascending. */
  readonly toFail: readonly number[];
  /** Samples to the first pass of each run that passed, ascending. */
  readonly toPass: readonly number[];
}

/** Runs one phase many times with simulated traffic, through the gates that promotions are judged by. */
export function runGate(options: GateRuns): GateOutcomes {
  const random = createRandom(options.seed);
  const toFail: number[] = [];
  const toPass: number[] = [];
  for (let run = 0; run < options.runs; run += 1) {
    const { failedAt, passedAt } = runOnce(options, random);
    if (failedAt !== undefined) toFail.push(failedAt);
    else if (passedAt !== undefined) toPass.push(passedAt);
  }
  const ascending = (left: number, right: number): number => left - right;
  return {
    runs: options.runs,
    failed: toFail.length,
    passed: toPass.length,
    inconclusive: options.runs - toFail.length - toPass.length,
    toFail: toFail.sort(ascending),
    toPass: toPass.sort(ascending),
  };
}

/** A run that passes goes on: a gate may fail at any look. */
function runOnce(
  { gate, stage, criteria, looks, block, before }: GateRuns,
  random: Random,
): { readonly failedAt?: number; readonly passedAt?: number } {
  let gathered = startPhase(stage, before?.(random));
  let passedAt: number | undefined;
  for (let look = 0; look < looks; look += 1) {
    gathered = gather(gathered, block(random, look), criteria);
    const verdict = assess(gathered, criteria).gates.find((result) => result.gate === gate)?.verdict;
    const samples = Math.max(gathered.phase.canary.n, gathered.phase.pairs.n);
    if (verdict === 'fail') return { failedAt: samples };
    if (verdict === 'pass') passedAt ??= samples;
  }
  return passedAt === undefined ? {} : { passedAt };
}

/** A quantile of ascending numbers: null where there are none. */
export function quantileOf(ascending: readonly number[], share: number): number | null {
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))] ?? null;
}
