import type { Orchestrations, PromotionParts } from '../promotion/parts.ts';
import type { Plan } from '../promotion/plan.ts';
import { startPromotion } from '../promotion/start.ts';
import type { RetrainParts } from './retrain-parts.ts';

/** Whoever asks for a promotion must be named; a person approves it. */
const REQUESTED_BY = 'retrain';

/**
 * Hands a version over to a promotion whose id is settled before: begun twice, it is one promotion.
 * @param plan in place of the model folder's
 */
export function promoteRun(
  parts: PromotionParts,
  orchestrations: Orchestrations,
  plan?: Plan,
): RetrainParts['promote'] {
  return async (model, version, promotionId) => {
    if ((await parts.store.read(model, promotionId)) === undefined) {
      const request = { version, requestedBy: REQUESTED_BY, plan };
      await startPromotion({ ...parts, newId: () => promotionId }, orchestrations, model, request);
    } else if ((await orchestrations.status(promotionId)) === 'missing') {
      await orchestrations.start(model, promotionId);
    }
  };
}
