import { z } from 'zod';
import { modelNameSchema, promotionIdSchema, versionSchema } from '../registry/rows.ts';
import { planSchema } from './plan.ts';
import { changeSchema, type Evaluation, evaluationSchema, PHASES, type PromotionRow } from './record.ts';

/** A promotion as the API shows it. */
export const promotionViewSchema = z
  .object({
    promotionId: promotionIdSchema,
    model: modelNameSchema,
    version: versionSchema,
    champion: versionSchema.meta({ description: 'The version that it replaces, or was to replace' }),
    phase: z.enum(PHASES),
    step: z.int().nonnegative().meta({ description: 'Of the plan, from 1; 0 is the shadow' }),
    percent: z.number().meta({ description: "The version's share of the traffic" }),
    plan: planSchema,
    requestedBy: z.string().optional(),
    startedAt: z.iso.datetime(),
    endedAt: z.iso.datetime().optional(),
    reason: z.string().optional(),
    evaluations: z.array(evaluationSchema),
    changes: z.array(changeSchema),
  })
  .meta({ id: 'Promotion' });
export type PromotionView = z.infer<typeof promotionViewSchema>;

/** @param evaluations those to be shown */
export function promotionView(row: PromotionRow, evaluations: readonly Evaluation[]): PromotionView {
  const { promotionId, model, version, champion, state, changes } = row;
  const { plan, requestedBy, startedAt, situation } = state;
  const { phase, step, percent, since } = situation;
  const hasEnded = phase !== 'shadow' && phase !== 'canary' && phase !== 'awaiting-approval';
  return {
    promotionId,
    model,
    version,
    champion,
    phase,
    step,
    percent,
    plan,
    ...(requestedBy === undefined ? {} : { requestedBy }),
    startedAt: new Date(startedAt).toISOString(),
    ...(hasEnded ? { endedAt: new Date(since).toISOString() } : {}),
    ...('reason' in situation ? { reason: situation.reason } : {}),
    evaluations: [...evaluations],
    changes,
  };
}
