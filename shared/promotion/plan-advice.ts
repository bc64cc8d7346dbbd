import { criteriaOf } from './criteria.ts';
import { milliseconds } from './duration.ts';
import { minutesToJudgeErrors, minutesToJudgePairs } from './expected-growth.ts';
import { phaseCount, type Plan } from './plan.ts';

/** What is known of a model's traffic. */
export interface Traffic {
  readonly requestsPerMinute: number;
  /** The champion's rate of failures. */
  readonly errorRate: number;
  /** Share of the requests that are reviewed or blocked; left out, nothing is said about them. */
  readonly flaggedRate?: number | undefined;
}

/** What a phase of a plan can see. Minutes are about the median; infinite means never. */
export interface PhaseAdvice {
  /** 0 is the shadow, n the plan's n-th step. */
  readonly step: number;
  readonly percent: number;
  readonly bakeMinutes: number;
  /** With the time that it may be extended by. */
  readonly longestMinutes: number;
  /** Requests of the canary, or rows of the shadow, in the bake time. */
  readonly requests: number;
  /** Until the plan's `minRequests` and `minEvents` are there. */
  readonly minutesToMinimum: number;
  /** Until an equal candidate's errors pass on this phase's evidence alone; null at 100 %, where nothing passes. */
  readonly minutesToPass: number | null;
  /** Until the candidate that was asked about fails; null where nothing was asked, or at 100 %. */
  readonly minutesToDetect: number | null;
  /** The least error rate that is found within the bake time; null at 100 %, or where even one of 1 is missed. */
  readonly detectable: number | null;
}

export interface PlanFindings {
  /** Why the plan can't work with this traffic, and what it would take. */
  readonly problems: readonly string[];
  /** What the plan is weak at. */
  readonly warnings: readonly string[];
}

export interface PlanAdvice extends PlanFindings {
  readonly phases: readonly PhaseAdvice[];
}

/** The share of times beyond a 95th percentile. */
const BEYOND = 0.05;

/**
 * What a plan can find with this traffic, worked out with the e-processes of the gates themselves.
 * @param detect an error rate of the candidate that should be found
 */
export function planAdvice(plan: Plan, traffic: Traffic, detect?: number): PlanAdvice {
  const phases = stepsOf(plan).map((step) => ({
    ...phaseFacts(plan, traffic, step, detect),
    detectable: detectableIn(plan, traffic, step),
  }));
  return { phases, ...findings(plan, phases, detect) };
}

/** What stands against a plan with this traffic: the advice without the figures that take long, for a busy worker. */
export function planFindings(plan: Plan, traffic: Traffic): PlanFindings {
  return findings(
    plan,
    stepsOf(plan).map((step) => phaseFacts(plan, traffic, step, undefined)),
    undefined,
  );
}

type PhaseFacts = Omit<PhaseAdvice, 'detectable'>;

function findings(plan: Plan, phases: readonly PhaseFacts[], detect: number | undefined): PlanFindings {
  return { problems: problemsOf(plan, phases), warnings: warningsOf(plan, phases, detect) };
}

/** The plan's phases by their number: 0 is the shadow. */
function stepsOf(plan: Plan): number[] {
  const all = Array.from({ length: plan.steps.length + 1 }, (_, step) => step);
  return plan.shadow === null ? all.slice(1) : all;
}

function detectableIn(plan: Plan, traffic: Traffic, step: number): number | null {
  if (plan.steps[step - 1]?.percent === 100) return null;
  const bakeMinutes = minutesOf((step === 0 ? plan.shadow?.bake : plan.steps[step - 1]?.bake) ?? '0s');
  return leastRate(
    traffic.errorRate,
    (rate) => minutesToJudge(plan, traffic, step, rate, 'fail') <= bakeMinutes,
  );
}

function phaseFacts(plan: Plan, traffic: Traffic, step: number, detect: number | undefined): PhaseFacts {
  const percent = step === 0 ? 0 : (plan.steps[step - 1]?.percent ?? 0);
  const bakeMinutes = minutesOf((step === 0 ? plan.shadow?.bake : plan.steps[step - 1]?.bake) ?? '0s');
  const { requestsPerMinute, errorRate } = traffic;
  const canary = requestsPerMinute * (step === 0 ? 1 : percent / 100);
  const alone = percent === 100;
  return {
    step,
    percent,
    bakeMinutes,
    longestMinutes: bakeMinutes + minutesOf(plan.extendAtMost),
    requests: Math.floor(canary * bakeMinutes),
    minutesToMinimum: minutesToMinimum(plan, traffic, step, canary),
    minutesToPass: alone ? null : minutesToJudge(plan, traffic, step, errorRate, 'pass'),
    minutesToDetect:
      alone || detect === undefined ? null : minutesToJudge(plan, traffic, step, detect, 'fail'),
  };
}

function minutesToMinimum(
  { minRequests, minEvents }: Plan,
  traffic: Traffic,
  step: number,
  canary: number,
): number {
  const champion = traffic.requestsPerMinute - canary;
  const requests = minRequests / canary;
  if (step === 0) {
    const flagged = traffic.flaggedRate;
    return flagged === undefined ? requests : Math.max(requests, minEvents / (canary * flagged));
  }
  // At 100 % nothing but the requests is asked for.
  return champion <= 0 ? requests : Math.max(requests, minEvents / (champion * BEYOND));
}

/** Minutes until the errors of a candidate with this rate are judged, on the phase's evidence alone. */
function minutesToJudge(
  plan: Plan,
  { requestsPerMinute, errorRate }: Traffic,
  step: number,
  rate: number,
  verdict: 'fail' | 'pass',
): number {
  const criteria = criteriaOf(plan, (margin) => [margin]);
  const lookEvery = minutesOf(plan.checkEvery);
  if (step === 0) {
    // Two versions that fail for reasons of their own, seldom on the same row.
    const shares = { candidateOnly: rate * (1 - errorRate), championOnly: errorRate * (1 - rate) };
    return minutesToJudgePairs(requestsPerMinute, shares, criteria.errorRate, verdict, lookEvery);
  }
  const share = (plan.steps[step - 1]?.percent ?? 0) / 100;
  const arms = { champion: requestsPerMinute * (1 - share), canary: requestsPerMinute * share };
  return minutesToJudgeErrors(arms, { champion: errorRate, canary: rate }, criteria, verdict, lookEvery);
}

/** The least rate above the champion's that is found, to about a hundredth of it. */
function leastRate(errorRate: number, found: (rate: number) => boolean): number | null {
  let [missed, least] = [errorRate, 0.99];
  if (!found(least)) return null;
  while (least - missed > 0.01 * least) {
    const middle = missed + (least - missed) / 2;
    if (found(middle)) least = middle;
    else missed = middle;
  }
  return least;
}

function problemsOf(plan: Plan, phases: readonly PhaseFacts[]): readonly string[] {
  return phases
    .filter(({ minutesToMinimum: needed, longestMinutes }) => needed > longestMinutes)
    .map(
      ({ step, percent, minutesToMinimum: needed, longestMinutes }) =>
        `${nameOf(step, percent)} cannot reach its minimum of ${plan.minRequests} requests and ${plan.minEvents} events ` +
        `within ${durationText(longestMinutes)}, its bake time and extendAtMost together: with this traffic ` +
        `it takes ${durationText(needed)}`,
    );
}

function warningsOf(
  plan: Plan,
  phases: readonly PhaseFacts[],
  detect: number | undefined,
): readonly string[] {
  const warnings: string[] = [];
  const judged = phases.filter((phase) => phase.minutesToPass !== null);
  const soonest = Math.min(...judged.map(({ minutesToPass }) => minutesToPass ?? Number.POSITIVE_INFINITY));
  const first = judged[0];
  if (first?.minutesToPass != null && first.minutesToPass > first.longestMinutes) {
    warnings.push(
      `${nameOf(first.step, first.percent)} will wait for a person: an equal candidate passes only after about ` +
        `${durationText(first.minutesToPass)}, and the step ends after ${durationText(first.longestMinutes)}` +
        (soonest === first.minutesToPass ? '' : '; a shadow, or more traffic, passes sooner'),
    );
  }
  for (const { step, percent, minutesToDetect, bakeMinutes } of judged) {
    if (detect === undefined || minutesToDetect === null || minutesToDetect <= bakeMinutes) continue;
    warnings.push(
      `${nameOf(step, percent)} is likely to miss a candidate that fails in ${Number((detect * 100).toPrecision(3))} %: ` +
        `that takes about ${durationText(minutesToDetect)}, and it bakes for ${durationText(bakeMinutes)}`,
    );
  }
  if (phaseCount(plan) === 1)
    warnings.push('the plan has a single phase: nothing is watched before all traffic goes over');
  return warnings;
}

/** A phase as a person names it. */
export function nameOf(step: number, percent: number): string {
  return step === 0 ? 'the shadow' : `the step of ${percent} %`;
}

/** Minutes as a text that a person takes in at a glance. */
export function durationText(minutes: number): string {
  if (!Number.isFinite(minutes)) return 'forever';
  if (minutes < 1) return `${Math.ceil(minutes * 60)} seconds`;
  if (minutes < 120) return `${Math.ceil(minutes)} minutes`;
  return minutes < 48 * 60 ? `${Math.ceil(minutes / 60)} hours` : `${Math.ceil(minutes / 1_440)} days`;
}

function minutesOf(duration: string): number {
  return milliseconds(duration) / 60_000;
}
