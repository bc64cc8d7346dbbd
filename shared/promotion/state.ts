import { z } from 'zod';
import { milliseconds } from './duration.ts';
import { gatheredSchema, type Stage, startPhase } from './gathered.ts';
import { GATES } from './gate.ts';
import { type Plan, planSchema } from './plan.ts';

/** Milliseconds since 1970-01-01T00:00Z. */
const time = z.number();
/** 0 is the shadow, n the plan's n-th step. */
const step = z.int().nonnegative();
const percent = z.number().min(0).max(100);

/** Where a promotion goes after its step: to a step, or to its end. */
export const nextSchema = z.union([step, z.literal('promote')]);
export type Next = z.infer<typeof nextSchema>;

/** Where a promotion is. */
export const situationSchema = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('shadow'), step, percent, since: time, extended: z.boolean() }),
  z.object({ phase: z.literal('canary'), step, percent, since: time, extended: z.boolean() }),
  z.object({
    phase: z.literal('awaiting-approval'),
    /** The step that goes on until somebody decides. */
    step,
    percent,
    since: time,
    reason: z.string(),
    next: nextSchema,
    approvedBy: z.string().optional(),
  }),
  /** `watched`: the old champion is kept warm, and gates may still roll back. */
  z.object({ phase: z.literal('promoted'), step, percent, since: time, watched: z.boolean() }),
  z.object({
    phase: z.literal('rolled-back'),
    step,
    percent,
    since: time,
    reason: z.string(),
    gate: z.enum(GATES).optional(),
    by: z.string().optional(),
  }),
  z.object({ phase: z.literal('aborted'), step, percent, since: time, reason: z.string(), by: z.string() }),
  z.object({ phase: z.literal('expired'), step, percent, since: time, reason: z.string() }),
]);
export type Situation = z.infer<typeof situationSchema>;
export type Phase = Situation['phase'];

/** A promotion: plain data, from which everything it does next follows. */
export const promotionStateSchema = z.object({
  plan: planSchema,
  requestedBy: z.string().optional(),
  startedAt: time,
  situation: situationSchema,
  gathered: gatheredSchema,
});
export type PromotionState = z.infer<typeof promotionStateSchema>;

/** The first state of a promotion. @param at milliseconds since 1970 */
export function begin(plan: Plan, at: number, requestedBy?: string): PromotionState {
  const first = plan.shadow === null ? 1 : 0;
  return {
    plan,
    ...(requestedBy === undefined ? {} : { requestedBy }),
    startedAt: at,
    situation: stepSituation(plan, first, at),
    gathered: startPhase(stageOf(plan, first)),
  };
}

/** A step at its beginning. */
export function stepSituation(plan: Plan, at: number, since: number): Situation {
  return {
    phase: at === 0 ? 'shadow' : 'canary',
    step: at,
    percent: percentOf(plan, at),
    since,
    extended: false,
  };
}

export function stageOf(plan: Plan, at: number): Stage {
  if (at === 0) return 'shadow';
  return percentOf(plan, at) === 100 ? 'alone' : 'shared';
}

/** The candidate's share of the traffic in a step, in percent. */
export function percentOf(plan: Plan, at: number): number {
  return plan.steps[at - 1]?.percent ?? 0;
}

/** How long a step takes at least, in milliseconds. */
export function bakeOf(plan: Plan, at: number): number {
  const part = at === 0 ? plan.shadow : plan.steps[at - 1];
  return part ? milliseconds(part.bake) : 0;
}

/** Where a promotion goes when this step has passed. */
export function nextOf(plan: Plan, at: number): Next {
  return at < plan.steps.length ? at + 1 : 'promote';
}

/** Whether the promotion has reached its end; a promoted one has when the watch over it has ended. */
export function isOver({ situation }: PromotionState): boolean {
  switch (situation.phase) {
    case 'shadow':
    case 'canary':
    case 'awaiting-approval':
      return false;
    case 'promoted':
      return !situation.watched;
    case 'rolled-back':
    case 'aborted':
    case 'expired':
      return true;
  }
}
