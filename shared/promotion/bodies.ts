import { z } from 'zod';
import { versionSchema } from '../registry/rows.ts';
import { planSchema } from './plan.ts';

/** A person, as they name themselves. */
const nameSchema = z.string().trim().min(1).max(200);
const reasonSchema = z.string().trim().min(1).max(2_000);

/** `POST …/promotions` */
export const startSchema = z.strictObject({
  version: versionSchema,
  plan: planSchema.optional().meta({ description: "By default the one of the model's folder" }),
  /** Required where the plan asks for approval. */
  requestedBy: nameSchema.optional(),
});
export type StartRequest = z.output<typeof startSchema>;

/** `POST …/approve` */
export const approveSchema = z.strictObject({ approvedBy: nameSchema, reason: reasonSchema.optional() });
/** `POST …/abort` */
export const abortSchema = z.strictObject({ abortedBy: nameSchema, reason: reasonSchema });
/** `POST …/rollback` */
export const rollbackSchema = z.strictObject({ requestedBy: nameSchema, reason: reasonSchema });

/** What starting a promotion answers. */
export const startedSchema = z.object({
  promotionId: z.string(),
  statusUrl: z.url().meta({ description: 'The promotion, at this app' }),
  warnings: z
    .array(z.string())
    .optional()
    .meta({ description: 'What the plan is weak at with this traffic' }),
});
