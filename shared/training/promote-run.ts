import type { Orchestrations, PromotionParts } from '../promotion/parts.ts';
import { startPromotion } from '../promotion/start.ts';
import type { RetrainParts } from './retrain-parts.ts';

/** Whoever asks for a promotion must be named; a person approves it. */
const REQUESTED_BY = 'retrain';

/** Hands a version over to a promotion whose id is settled before: begun twice, it is one promotion. */
export function promoteRun(parts: PromotionParts, orchestrations: Orchestrations): RetrainParts['promote'] {
  return async (model, version, promotionId) => {
    if ((await parts.store.read(model, promotionId)) === undefined) {
      const request = { version, requestedBy: REQUESTED_BY };
      await startPromotion({ ...parts, newId: () => promotionId }, orchestrations, model, request);
    } else if ((await orchestrations.status(promotionId)) === 'missing') {
      await orchestrations.start(model, promotionId);
    }
  };
}
