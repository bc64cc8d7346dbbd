import type { Criteria } from '../shared/promotion/criteria.ts';
import { decide, type Decision } from '../shared/promotion/decide.ts';
import type { Block } from '../shared/promotion/evidence.ts';
import { evolve, type PromotionEvent } from '../shared/promotion/evolve.ts';
import { assess } from '../shared/promotion/gathered.ts';
import { milliseconds } from '../shared/promotion/duration.ts';
import type { Plan } from '../shared/promotion/plan.ts';
import { begin, type PromotionState } from '../shared/promotion/state.ts';
import type { Random } from '../shared/training/random.ts';

/** The increments of one check. `percent` is the candidate's share of the traffic, 0 in the shadow. */
export type TrafficOf = (random: Random, percent: number, at: number) => Block;

/** Runs a whole promotion on simulated traffic, check by check, until it ends or waits for a person. */
export function simulatePromotion(
  plan: Plan,
  criteria: Criteria,
  random: Random,
  traffic: TrafficOf,
): PromotionState {
  let state = begin(plan, 0);
  const every = milliseconds(plan.checkEvery);
  for (let at = every; ; at += every) {
    const block = traffic(random, state.situation.percent, at);
    state = evolve(state, { kind: 'checked', at, block }, criteria);
    const decision = decide(state, assess(state.gathered, criteria), at);
    if (decision.kind === 'await-approval' || decision.kind === 'finish') return state;
    const event = eventOf(decision, at);
    if (event !== undefined) state = evolve(state, event, criteria);
  }
}

/** What happens where nothing goes wrong in carrying out a decision. */
function eventOf(decision: Decision, at: number): PromotionEvent | undefined {
  switch (decision.kind) {
    case 'stay':
    case 'finish':
    case 'await-approval':
      return undefined;
    case 'extend':
      return { kind: 'extended', at };
    case 'advance':
      return { kind: 'step-started', at, step: decision.step };
    case 'promote':
      return { kind: 'promoted', at };
    case 'roll-back':
      return { kind: 'rolled-back', at, gate: decision.gate, reason: decision.reason };
    case 'expire':
      return { kind: 'expired', at, reason: decision.reason };
    case 'end-watch':
      return { kind: 'watch-ended', at };
  }
}
