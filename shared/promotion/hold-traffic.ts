import type { Registry, Traffic } from '../registry/registry.ts';
import {
  promote,
  release,
  renew,
  returnTraffic,
  setStep,
  type Stamp,
  type Transition,
} from '../registry/traffic.ts';
import { milliseconds } from './duration.ts';
import type { Plan } from './plan.ts';
import { type PromotionRow, trafficStep } from './record.ts';
import { isOver } from './state.ts';

/** What a promotion's claim outlasts beside three looks that did not happen: a host that starts again. */
const GRACE_MS = 30_000;

/**
 * How the traffic and a promotion's document stand to each other.
 * - `held`: the traffic is what the document says
 * - `stale`: the promotion has gone on since the document was read
 * - `lost`: the promotion's claim is gone, and the document does not say why
 */
export type Hold = 'held' | 'stale' | 'lost';

/** Until when a claim is valid that is taken or renewed now. @param now milliseconds since 1970-01-01T00:00Z */
export function leaseEnd(plan: Plan, now: number): Date {
  return new Date(now + GRACE_MS + 3 * milliseconds(plan.checkEvery));
}

/**
 * Makes the traffic what the document says and moves the claim's end. Nothing is remembered of what was applied before:
 * doing it again, or late, changes nothing.
 * @param now milliseconds since 1970-01-01T00:00Z
 */
export async function holdTraffic(registry: Registry, row: PromotionRow, now: number): Promise<Hold> {
  const stamp = { at: new Date(now), by: `promotion ${row.promotionId}` };
  if (isOver(row.state)) return endHold(registry, row, stamp);
  const transition = transitionOf(row, leaseEnd(row.state.plan, now), stamp);
  const change = await registry.changeTraffic(row.model, transition);
  return change.kind === 'refused' ? whyRefused(row, change.traffic) : 'held';
}

/**
 * As `holdTraffic`, but an unchanged claim keeps its end: the claim is renewed by those who have looked.
 * @param traffic as it was read now
 */
export async function restoreTraffic(
  registry: Registry,
  row: PromotionRow,
  traffic: Traffic,
  now: number,
): Promise<Hold> {
  const stamp = { at: new Date(now), by: `promotion ${row.promotionId}` };
  if (isOver(row.state)) return endHold(registry, row, stamp);
  const outcome = transitionOf(row, new Date(0), stamp)(traffic.row);
  if (outcome.kind === 'unchanged') return 'held';
  if (outcome.kind === 'refused') return whyRefused(row, traffic);
  return holdTraffic(registry, row, now);
}

function transitionOf(row: PromotionRow, validUntil: Date, stamp: Stamp): Transition {
  const { state } = row;
  const { phase, percent } = state.situation;
  const step = trafficStep(state);
  return phase === 'promoted'
    ? inSequence(promote(row, step, validUntil, stamp), renew(row, step, validUntil, stamp))
    : setStep(row, { step, percent, shadow: true, validUntil }, stamp);
}

/** The second where the first has been made already. */
function inSequence(first: Transition, second: Transition): Transition {
  return (row) => {
    const outcome = first(row);
    return outcome.kind === 'unchanged' ? second(row) : outcome;
  };
}

/** Ends the claim as the document says. It may have been ended before; then the copy is completed. */
async function endHold(registry: Registry, row: PromotionRow, stamp: Stamp): Promise<Hold> {
  if (row.state.situation.phase !== 'promoted') {
    await registry.changeTraffic(row.model, orNothing(returnTraffic(row, stamp)));
    return 'held';
  }
  await registry.changeTraffic(row.model, orNothing(promote(row, trafficStep(row.state), stamp.at, stamp)));
  const traffic = await registry.traffic(row.model);
  if (traffic?.row.champion.version === row.version) await registry.retire(row.model, row.champion);
  await registry.changeTraffic(row.model, orNothing(release(row, stamp)));
  return 'held';
}

function orNothing(transition: Transition): Transition {
  return (row) => {
    const outcome = transition(row);
    return outcome.kind === 'refused' ? { kind: 'unchanged' } : outcome;
  };
}

function whyRefused({ promotionId, epoch }: PromotionRow, { row }: Traffic): Hold {
  return row.claim?.promotionId === promotionId && row.claim.epoch === epoch ? 'stale' : 'lost';
}
