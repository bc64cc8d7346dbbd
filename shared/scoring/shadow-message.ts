import { z } from 'zod';
import { float32ArraySchema, float64ArraySchema, uint8ArraySchema } from '../training/typed-array-schemas.ts';

/** What the shadow's thread is told. */
export const shadowRequestSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('score'),
    /** Names a model within the thread. */
    model: z.int(),
    /** The model's file, with its first rows. */
    onnx: uint8ArraySchema.optional(),
    width: z.int().positive(),
    rows: z.int().positive(),
    /** Row-major; room for more rows may follow. */
    features: float32ArraySchema,
  }),
  z.strictObject({ kind: z.literal('end') }),
]);
export type ShadowRequest = z.output<typeof shadowRequestSchema>;

/** Its answer to rows, one after the other. */
export const shadowAnswerSchema = z.strictObject({
  /** NaN where there is an error. */
  scores: float64ArraySchema,
  /** Milliseconds. */
  rowMs: float64ArraySchema,
  errors: z.array(z.tuple([z.int().nonnegative(), z.string()])).readonly(),
});
export type ShadowAnswer = z.output<typeof shadowAnswerSchema>;
