import type { Claim } from '../registry/rows.ts';
import { abandonPromotion } from './change-promotion.ts';
import type { Orchestrations, PromotionParts } from './parts.ts';

/** Models that are looked at together. */
const PAGE = 100;

/**
 * Ends claims that are past their time and that nothing renews: of promotions that were never recorded or started, or
 * whose orchestration is gone. One that is only late, or suspended, is left to its orchestration. Where the candidate is
 * champion already, and was being watched, the watch goes on.
 * @throws AggregateError of those that failed, after all others are done
 */
export async function cleanUpPromotions(
  parts: PromotionParts,
  orchestrations: Orchestrations,
): Promise<void> {
  const failed: unknown[] = [];
  for (let after: string | undefined; ;) {
    // In sequence: each page begins where the one before ends
    const page = await parts.registry.allTraffic(PAGE, after);
    for (const { row } of page.items) {
      if (row.claim === null || Date.parse(row.claim.validUntil) > parts.time()) continue;
      try {
        await cleanUp(parts, orchestrations, row.model, row.claim);
      } catch (error) {
        failed.push(error);
      }
    }
    after = page.next;
    if (after === undefined) break;
  }
  if (failed.length > 0) throw new AggregateError(failed, `${failed.length} claims could not be cleaned up`);
}

async function cleanUp(
  parts: PromotionParts,
  orchestrations: Orchestrations,
  model: string,
  { promotionId }: Claim,
): Promise<void> {
  const status = await orchestrations.status(promotionId);
  if (status === 'going') return;
  const reason =
    status === 'missing' ? 'its orchestration was lost or never started' : 'its orchestration has ended';
  const isEnded = await abandonPromotion(parts, model, promotionId, reason);
  if (isEnded) return parts.report(`Promotion ${promotionId} of '${model}' was ended: ${reason}`);
  await orchestrations.start(model, promotionId);
  parts.report(`Promotion ${promotionId} of '${model}' is watched again: ${reason}`);
}
