import { type Criteria, criteriaOf } from './criteria.ts';
import { milliseconds } from './duration.ts';
import type { Block } from './evidence.ts';
import type { Gate } from './gate.ts';
import { gather, startPhase } from './gathered.ts';
import { isOver, type Next, type PromotionState, stageOf, stepSituation } from './state.ts';

/** What happened to a promotion. Times are milliseconds since 1970. */
export type PromotionEvent =
  | { readonly kind: 'checked'; readonly at: number; readonly block: Block }
  | { readonly kind: 'extended'; readonly at: number }
  | { readonly kind: 'step-started'; readonly at: number; readonly step: number }
  | { readonly kind: 'approval-requested'; readonly at: number; readonly next: Next; readonly reason: string }
  | { readonly kind: 'approved'; readonly at: number; readonly by: string }
  | { readonly kind: 'promoted'; readonly at: number }
  | { readonly kind: 'watch-ended'; readonly at: number }
  | {
      readonly kind: 'rolled-back';
      readonly at: number;
      readonly reason: string;
      readonly gate?: Gate;
      readonly by?: string;
    }
  | { readonly kind: 'aborted'; readonly at: number; readonly by: string; readonly reason: string }
  | { readonly kind: 'expired'; readonly at: number; readonly reason: string };

/**
 * The state after an event. One that does not fit, such as a step that starts late in a promotion that was aborted,
 * changes nothing; no event leads back from an end.
 */
export function evolve(
  state: PromotionState,
  event: PromotionEvent,
  criteria: Criteria = criteriaOf(state.plan),
): PromotionState {
  const { plan, situation, gathered } = state;
  if (isOver(state)) return state;
  const { step, percent } = situation;
  const running = situation.phase !== 'promoted';
  const held = situation.phase === 'awaiting-approval' && situation.approvedBy === undefined;
  switch (event.kind) {
    case 'checked':
      return { ...state, gathered: gather(gathered, event.block, criteria) };
    case 'extended':
      if (situation.phase !== 'shadow' && situation.phase !== 'canary') return state;
      return { ...state, situation: { ...situation, extended: true } };
    case 'step-started':
      if (!running || held || event.step !== step + 1 || event.step > plan.steps.length) return state;
      return {
        ...state,
        situation: stepSituation(plan, event.step, event.at),
        gathered: startPhase(stageOf(plan, event.step), gathered),
      };
    case 'approval-requested': {
      if (situation.phase !== 'shadow' && situation.phase !== 'canary') return state;
      const { next, reason } = event;
      return {
        ...state,
        situation: { phase: 'awaiting-approval', step, percent, since: event.at, reason, next },
      };
    }
    case 'approved':
      if (situation.phase !== 'awaiting-approval' || situation.approvedBy !== undefined) return state;
      return { ...state, situation: { ...situation, approvedBy: event.by } };
    case 'promoted':
      if (!running || held || step !== plan.steps.length) return state;
      return {
        ...state,
        situation: {
          phase: 'promoted',
          step,
          percent: 100,
          since: event.at,
          watched: milliseconds(plan.keepWarm) > 0,
        },
        gathered: startPhase('watch', gathered),
      };
    case 'watch-ended':
      return situation.phase === 'promoted'
        ? { ...state, situation: { ...situation, watched: false } }
        : state;
    case 'rolled-back': {
      const { at, kind, ...why } = event;
      return { ...state, situation: { phase: kind, step, percent: 0, since: at, ...why } };
    }
    case 'aborted': {
      const { at, kind, by, reason } = event;
      return running
        ? { ...state, situation: { phase: kind, step, percent: 0, since: at, by, reason } }
        : state;
    }
    case 'expired': {
      if (situation.phase !== 'awaiting-approval') return state;
      const { at, kind, reason } = event;
      return { ...state, situation: { phase: kind, step, percent: 0, since: at, reason } };
    }
  }
}
