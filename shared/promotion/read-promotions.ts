import { Failure } from '../failure.ts';
import type { Page } from '../registry/registry.ts';
import { isModelName, promotionIdSchema } from '../registry/rows.ts';
import type { PromotionParts } from './parts.ts';
import type { PromotionRow } from './record.ts';
import { type PromotionView, promotionView } from './view.ts';

/** A promotion with every evaluation. @throws Failure `not-found`, `unavailable` */
export async function readPromotion(
  parts: PromotionParts,
  model: string,
  promotionId: string,
): Promise<PromotionView> {
  const row = await find(parts, model, promotionId);
  return promotionView(row, await parts.store.evaluations(row));
}

/**
 * Promotions of a model, newest first, each with its last evaluation.
 * @param after a promotion's id
 * @throws Failure `not-found`, `unavailable`
 */
export async function listPromotions(
  parts: PromotionParts,
  model: string,
  limit: number,
  after: string | undefined,
): Promise<Page<PromotionView>> {
  if (!isModelName(model) || (await parts.registry.traffic(model)) === undefined)
    throw new Failure('not-found', 'There is no model of that name');
  const before = after === undefined ? undefined : (await find(parts, model, after)).number;
  const found = await parts.store.list(model, limit + 1, before);
  const items = found.slice(0, limit).map((row) => promotionView(row, row.evaluations.slice(-1)));
  const last = items.at(-1);
  return found.length > limit && last !== undefined ? { items, next: last.promotionId } : { items };
}

async function find({ store }: PromotionParts, model: string, promotionId: string): Promise<PromotionRow> {
  const isId = isModelName(model) && promotionIdSchema.safeParse(promotionId).success;
  const found = isId ? await store.read(model, promotionId) : undefined;
  if (found === undefined) throw new Failure('not-found', 'There is no such promotion');
  return found.row;
}
