import { milliseconds } from './duration.ts';
import type { Assessment } from './gathered.ts';
import type { Gate } from './gate.ts';
import type { Plan } from './plan.ts';
import { bakeOf, type Next, nextOf, percentOf, type PromotionState, type Situation } from './state.ts';

/** What to do now. Times are milliseconds since 1970. */
export type Decision =
  | { readonly kind: 'stay' }
  | { readonly kind: 'extend'; readonly until: number; readonly reason: string }
  | { readonly kind: 'advance'; readonly step: number; readonly percent: number }
  | { readonly kind: 'await-approval'; readonly next: Next; readonly reason: string }
  | { readonly kind: 'promote' }
  | { readonly kind: 'roll-back'; readonly gate: Gate; readonly reason: string }
  | { readonly kind: 'expire'; readonly reason: string }
  | { readonly kind: 'end-watch' }
  /** There is nothing left to do. */
  | { readonly kind: 'finish' };

const STAY: Decision = { kind: 'stay' };

/**
 * What follows from where a promotion is, what the evidence says, and the time. One failure rolls back, in every phase
 * with traffic; a step ends at the first check after its bake time at which all gates pass; one that does not get there
 * waits for a person: nothing passes for want of data.
 * @param assessment of the state's own evidence
 * @param now milliseconds since 1970
 */
export function decide({ plan, situation }: PromotionState, assessment: Assessment, now: number): Decision {
  switch (situation.phase) {
    case 'shadow':
    case 'canary':
      return failureOf(assessment) ?? decideStep(plan, situation, assessment, now);
    case 'awaiting-approval':
      return failureOf(assessment) ?? decideWaiting(plan, situation, now);
    case 'promoted':
      if (!situation.watched) return { kind: 'finish' };
      return (
        failureOf(assessment) ??
        (now >= situation.since + milliseconds(plan.keepWarm) ? { kind: 'end-watch' } : STAY)
      );
    case 'rolled-back':
    case 'aborted':
    case 'expired':
      return { kind: 'finish' };
  }
}

type InStep = Extract<Situation, { readonly phase: 'shadow' | 'canary' }>;
type Waiting = Extract<Situation, { readonly phase: 'awaiting-approval' }>;

function decideStep(plan: Plan, situation: InStep, assessment: Assessment, now: number): Decision {
  const baked = situation.since + bakeOf(plan, situation.step);
  if (now < baked) return STAY;
  const next = nextOf(plan, situation.step);
  if (assessment.verdict === 'pass') {
    return needsApproval(plan, next)
      ? { kind: 'await-approval', next, reason: `all gates pass; ${toText(plan, next)} needs an approval` }
      : goOn(plan, next);
  }
  const until = baked + milliseconds(plan.extendAtMost);
  if (now >= until)
    return { kind: 'await-approval', next, reason: `too little evidence: ${missing(assessment)}` };
  return situation.extended ? STAY : { kind: 'extend', until, reason: missing(assessment) };
}

function decideWaiting(plan: Plan, { approvedBy, next, since, reason }: Waiting, now: number): Decision {
  if (approvedBy !== undefined) return goOn(plan, next);
  if (now < since + milliseconds(plan.approvalExpires)) return STAY;
  return { kind: 'expire', reason: `nobody approved within ${plan.approvalExpires} (${reason})` };
}

function failureOf({ gates }: Assessment): Decision | undefined {
  const failed = gates.find(({ verdict }) => verdict === 'fail');
  if (failed === undefined) return undefined;
  return { kind: 'roll-back', gate: failed.gate, reason: failed.reason ?? 'the gate failed' };
}

function goOn(plan: Plan, next: Next): Decision {
  return next === 'promote'
    ? { kind: 'promote' }
    : { kind: 'advance', step: next, percent: percentOf(plan, next) };
}

/** Once the candidate has all the traffic, being promoted gives it no more: that needs no approval of its own. */
function needsApproval(plan: Plan, next: Next): boolean {
  const percent = plan.steps.at(-1)?.percent;
  if (next === 'promote' && percent === 100) return false;
  switch (plan.approval) {
    case 'none':
      return false;
    case 'before-full':
      return next === 'promote' || percentOf(plan, next) === 100;
    case 'every-step':
      return true;
  }
}

function toText(plan: Plan, next: Next): string {
  return next === 'promote' ? 'the promotion' : `going to ${percentOf(plan, next)} %`;
}

function missing({ gates }: Assessment): string {
  const open = gates.filter(({ verdict }) => verdict === 'inconclusive');
  return open.map(({ gate, reason }) => `${gate}: ${reason ?? 'inconclusive'}`).join('; ');
}
