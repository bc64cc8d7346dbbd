import { z } from 'zod';
import { modelNameSchema, versionSchema } from '../registry/rows.ts';
import { isPredictionId, timeOf } from './prediction-id.ts';

export const SHADOW_TYPE = 'tollgate.shadow.v1';

/** The last time that a path with a year of four digits can hold. */
const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** A prediction's id, or an event's: its time can be written as a path. */
export const uuid7Schema = z
  .string()
  .refine((id) => isPredictionId(id) && timeOf(id) <= LAST_TIME, 'is not a UUIDv7 in lower case');

/** A promotion's id: also an orchestration's instance id, and part of a document's id in Cosmos. */
export const promotionIdSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/, 'is not a promotion id');

/** The hash by which an account is assigned to an arm of a promotion: an unsigned 32-bit integer. */
export const accountHashSchema = z.uint32();

/** What one of two versions made of a row: a score and a decision, or an error. */
const shadowSideSchema = z.looseObject({
  version: versionSchema,
  score: z.number().min(0).max(1).optional(),
  decision: z.enum(['approve', 'review', 'block']).optional(),
  /** The model's run time of the row. */
  latencyMs: z.number().nonnegative().optional(),
  error: z.string().optional(),
});

/** What a later release adds is kept, here and in the log, and what it adds does not make a line unreadable. */
export const shadowEventSchema = z
  .looseObject({
    specversion: z.literal('1.0'),
    type: z.literal(SHADOW_TYPE),
    source: z.string().min(1),
    /** Its own, not that of the prediction. */
    id: uuid7Schema,
    subject: z.string().min(1).optional(),
    time: z.string(),
    datacontenttype: z.literal('application/json').optional(),
    data: z.looseObject({
      predictionId: uuid7Schema,
      model: modelNameSchema,
      promotionId: promotionIdSchema,
      step: z.int().nonnegative(),
      /** Which of the two answered the caller. */
      served: z.enum(['champion', 'canary']),
      champion: shadowSideSchema,
      candidate: shadowSideSchema,
      accountHash: accountHashSchema.optional(),
      replayed: z.literal(true).optional(),
    }),
  })
  .meta({
    id: 'ShadowEvent',
    description: 'A CloudEvent (1.0): one transaction that both the champion and a candidate scored',
  });
export type ShadowEvent = z.infer<typeof shadowEventSchema>;
