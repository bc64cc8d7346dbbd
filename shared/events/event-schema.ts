import { z } from 'zod';
import { modelNameSchema, versionSchema } from '../registry/rows.ts';
import { PREDICTION_TYPE } from './prediction-event.ts';
import { isPredictionId, timeOf } from './prediction-id.ts';
import { accountHashSchema } from './shadow-event-schema.ts';

/** The last time that a path with a year of four digits can hold. */
const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

const predictionId = z
  .string()
  .refine((id) => isPredictionId(id) && timeOf(id) <= LAST_TIME, 'is not a UUIDv7 in lower case');

const failedVersion = z.looseObject({ version: versionSchema, error: z.string() });

/** What a later release adds is kept, here and in the log, and what it adds does not make a line unreadable. */
export const predictionEventSchema = z
  .looseObject({
    specversion: z.literal('1.0'),
    type: z.literal(PREDICTION_TYPE),
    source: z.string().min(1),
    id: predictionId,
    subject: z.string().min(1).optional(),
    time: z.string(),
    datacontenttype: z.literal('application/json').optional(),
    traceparent: z
      .string()
      .optional()
      .meta({ description: "The request's place in its trace (CloudEvents distributed tracing extension)" }),
    data: z.looseObject({
      model: modelNameSchema,
      version: versionSchema,
      variant: z.enum(['champion', 'canary']),
      promotionId: z.string().optional(),
      step: z.int().nonnegative().optional(),
      accountHash: accountHashSchema
        .optional()
        .meta({ description: 'What the account is assigned by within the promotion' }),
      pinned: z.boolean(),
      replayed: z.literal(true).optional(),
      truncated: z
        .literal(true)
        .optional()
        .meta({ description: 'The event was too large: its inputs, and perhaps its features, are left out' }),
      inputs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      features: z.array(z.number().nullable()),
      score: z.number().min(0).max(1).optional(),
      decision: z.enum(['approve', 'review', 'block']).optional(),
      latencyMs: z.number().nonnegative(),
      modelMs: z
        .number()
        .nonnegative()
        .optional()
        .meta({ description: "The model's run time for this row; absent where it compares with nothing" }),
      fallback: failedVersion.optional(),
      error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
    }),
  })
  .refine(({ source, data }) => source === `/models/${data.model}/versions/${data.version}`, {
    path: ['source'],
    message: 'is not of the version that data names',
  })
  .meta({ id: 'PredictionEvent', description: 'A CloudEvent (1.0): one scored transaction' });
export type PredictionEvent = z.infer<typeof predictionEventSchema>;

/** A line of the log: an event, and where the hub had it. */
export const logLineSchema = z.object({
  partition: z.string(),
  sequenceNumber: z.int().nonnegative(),
  event: predictionEventSchema,
});
export type LogLine = z.infer<typeof logLineSchema>;

/** What is wrong with a value, on one line: each problem with its JSON path. */
export function problemsOf(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'event'}: ${issue.message}`).join('; ');
}
