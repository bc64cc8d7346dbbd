import type { Claim, TrafficRow } from './rows.ts';

/** What a transition makes of a row. `unchanged`: the row has it already; `refused`: it is too late, or not its turn. */
export type Transitioned =
  | { readonly kind: 'changed'; readonly row: TrafficRow }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly reason: string };

/** A change of the traffic row as a value: applying it twice is the same as applying it once. */
export type Transition = (row: TrafficRow) => Transitioned;

/** When, and who. */
export interface Stamp {
  readonly at: Date;
  readonly by: string;
}

/** Names a claim that was taken. A write that carries another one changes nothing. */
export type Fence = Pick<Claim, 'promotionId' | 'epoch'>;

export interface ClaimRequest {
  readonly promotionId: string;
  readonly candidate: string;
  readonly validUntil: Date;
}

export interface Step {
  readonly step: number;
  /** The canary's share of the traffic; 0: none. */
  readonly percent: number;
  /** Whether the candidate also scores what the champion serves. */
  readonly shadow: boolean;
  readonly validUntil: Date;
}

const UNCHANGED: Transitioned = { kind: 'unchanged' };

/** Takes the claim for a promotion; refused while another promotion holds it, be it expired or not. */
export function claim(request: ClaimRequest, stamp: Stamp): Transition {
  const { promotionId, candidate, validUntil } = request;
  return (row) => {
    if (row.claim?.promotionId === promotionId) return UNCHANGED;
    if (row.claim !== null) return refused(`promotion ${row.claim.promotionId} is under way`);
    if (row.champion.version === candidate) return refused(`version ${candidate} is the champion already`);
    const epoch = row.epoch + 1;
    const taken = { promotionId, epoch, step: 0, validUntil: validUntil.toISOString(), candidate };
    return changed(row, stamp, { canary: null, shadow: null, claim: taken });
  };
}

/** Sets what the candidate gets in a step. A step before the claim's newest one is too late. */
export function setStep(fence: Fence, step: Step, stamp: Stamp): Transition {
  return held(fence, step.step, (row, own) => {
    if (isPromoted(row, own)) return refused(`promotion ${own.promotionId} has made its candidate champion`);
    const { promotionId, candidate: version } = own;
    const canary = step.percent > 0 ? { version, percent: step.percent, promotionId, step: step.step } : null;
    const shadow = step.shadow ? { version, promotionId, step: step.step } : null;
    const validUntil = later(own.validUntil, step.validUntil);
    const same =
      own.step === step.step &&
      own.validUntil === validUntil &&
      row.canary?.percent === canary?.percent &&
      (row.shadow === null) === (shadow === null);
    if (same) return UNCHANGED;
    return changed(row, stamp, { canary, shadow, claim: { ...own, step: step.step, validUntil } });
  });
}

/** Moves the end of the claim; never back. */
export function renew(fence: Fence, step: number, validUntil: Date, stamp: Stamp): Transition {
  return held(fence, step, (row, own) => {
    const end = later(own.validUntil, validUntil);
    return end === own.validUntil ? UNCHANGED : changed(row, stamp, { claim: { ...own, validUntil: end } });
  });
}

/** Makes the candidate the champion, in one write. The claim stays: while it lasts, the new champion is watched. */
export function promote(fence: Fence, step: number, validUntil: Date, stamp: Stamp): Transition {
  return held(fence, step, (row, own) => {
    if (isPromoted(row, own)) return UNCHANGED;
    return changed(row, stamp, {
      champion: { version: own.candidate },
      canary: null,
      shadow: null,
      claim: { ...own, step, validUntil: later(own.validUntil, validUntil) },
      previousChampion: { version: row.champion.version, promotionId: own.promotionId },
    });
  });
}

/** Takes back all that a promotion has given its candidate, also the title, and ends its claim: one write. */
export function returnTraffic(fence: Fence, stamp: Stamp): Transition {
  return (row) => {
    const own = ownClaim(row, fence);
    return own === undefined ? late(fence) : changed(row, stamp, returned(row, own));
  };
}

/** Ends a claim and leaves the champion as it is: after a promotion that was completed, or that never began. */
export function release(fence: Fence, stamp: Stamp): Transition {
  return (row) =>
    ownClaim(row, fence) === undefined
      ? late(fence)
      : changed(row, stamp, { canary: null, shadow: null, claim: null });
}

/**
 * An operator's rollback. A running promotion loses all that it gave its candidate; with none running, the champion
 * before the present one gets its place back, once.
 */
export function rollBack(stamp: Stamp): Transition {
  return (row) => {
    if (row.claim !== null) return changed(row, stamp, returned(row, row.claim));
    if (row.previousChampion === null) return refused('there is no champion to return to');
    const { version } = row.previousChampion;
    return changed(row, stamp, { champion: { version }, previousChampion: null });
  };
}

/** Whether the promotion that holds the claim has made its candidate champion. */
export function isPromoted(row: TrafficRow, own: Claim): boolean {
  return row.champion.version === own.candidate && row.previousChampion?.promotionId === own.promotionId;
}

function returned(row: TrafficRow, own: Claim): Partial<TrafficRow> {
  const nothing = { canary: null, shadow: null, claim: null };
  if (row.previousChampion === null || !isPromoted(row, own)) return nothing;
  return { ...nothing, champion: { version: row.previousChampion.version }, previousChampion: null };
}

/** A transition of the claim's holder, at or after the claim's newest step. */
function held(fence: Fence, step: number, act: (row: TrafficRow, own: Claim) => Transitioned): Transition {
  return (row) => {
    const own = ownClaim(row, fence);
    if (own === undefined) return late(fence);
    if (step < own.step) return refused(`promotion ${own.promotionId} is at step ${own.step} already`);
    return act(row, own);
  };
}

function ownClaim(row: TrafficRow, fence: Fence): Claim | undefined {
  const { claim: own } = row;
  return own?.promotionId === fence.promotionId && own.epoch === fence.epoch ? own : undefined;
}

function late({ promotionId }: Fence): Transitioned {
  return refused(`promotion ${promotionId} no longer holds the traffic`);
}

function later(one: string, other: Date): string {
  return Date.parse(one) >= other.getTime() ? one : other.toISOString();
}

function refused(reason: string): Transitioned {
  return { kind: 'refused', reason };
}

function changed(row: TrafficRow, { at, by }: Stamp, change: Partial<TrafficRow>): Transitioned {
  const epoch = row.epoch + 1;
  return { kind: 'changed', row: { ...row, ...change, epoch, changedAt: at.toISOString(), changedBy: by } };
}
