import { Failure } from '../failure.ts';
import { release } from '../registry/traffic.ts';
import { evolve, type PromotionEvent } from './evolve.ts';
import { holdTraffic } from './hold-traffic.ts';
import type { PromotionParts } from './parts.ts';
import { AUTOMATIC, changeOf, type PromotionRow } from './record.ts';
import { isOver } from './state.ts';
import type { StoredPromotion } from './store.ts';

/** Each lost race means that somebody else has made progress. */
const MAX_TRIES = 20;

/**
 * Changes a promotion's document by compare-and-swap.
 * @param change undefined where there is nothing to change; what it throws ends the try
 * @returns the document as it is then
 * @throws Failure `not-found`, `unavailable`
 */
export async function changePromotion(
  { store }: PromotionParts,
  model: string,
  promotionId: string,
  change: (row: PromotionRow) => PromotionRow | undefined,
): Promise<StoredPromotion> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    // In sequence: each try needs the document that the one before has lost against
    const before = await store.read(model, promotionId);
    if (before === undefined)
      throw new Failure('not-found', `There is no promotion ${promotionId} of '${model}'`);
    const next = change(before.row);
    if (next === undefined) return before;
    const after = await store.replace(before, next);
    if (after !== undefined) return after;
  }
  throw new Failure('unavailable', `Promotion ${promotionId} changes too fast to be changed here`);
}

/** Brings the copy up to date where that is possible; otherwise the promotion's next check does. */
export async function copyOrReport({ store, report }: PromotionParts, row: PromotionRow): Promise<void> {
  try {
    await store.copy(row);
  } catch (error) {
    report(`The copy of promotion ${row.promotionId} could not be written`, error);
  }
}

/**
 * Ends a promotion that nothing drives, recorded or not, and its claim. One that has made its candidate champion is left
 * as it is.
 * @returns whether its claim is at its end
 */
export async function abandonPromotion(
  parts: PromotionParts,
  model: string,
  promotionId: string,
  reason: string,
): Promise<boolean> {
  if ((await parts.store.read(model, promotionId)) === undefined) {
    await releaseUnrecorded(parts, model, promotionId);
    return true;
  }
  const { row } = await changePromotion(parts, model, promotionId, (found) => {
    if (isOver(found.state) || found.state.situation.phase === 'promoted') return undefined;
    const at = parts.time();
    const event: PromotionEvent = { kind: 'aborted', at, by: AUTOMATIC, reason };
    const state = evolve(found.state, event);
    const changes = [...found.changes, changeOf(at, AUTOMATIC, `aborted: ${reason}`, state.situation)];
    return { ...found, state, changes };
  });
  if (!isOver(row.state)) return false;
  await holdTraffic(parts.registry, row, parts.time());
  await parts.store.copy(row);
  return true;
}

async function releaseUnrecorded(
  { registry, time }: PromotionParts,
  model: string,
  promotionId: string,
): Promise<void> {
  const claim = (await registry.traffic(model))?.row.claim;
  if (claim?.promotionId !== promotionId) return;
  const stamp = { at: new Date(time()), by: AUTOMATIC };
  await registry.changeTraffic(model, release(claim, stamp));
}
