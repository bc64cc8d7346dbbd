import { z } from 'zod';
import {
  float32ArraySchema,
  float64ArraySchema,
  int32ArraySchema,
  uint8ArraySchema,
} from './typed-array-schemas.ts';

const treeSchema = z.strictObject({
  feature: int32ArraySchema,
  threshold: float32ArraySchema,
  missingLeft: uint8ArraySchema,
  left: int32ArraySchema,
  right: int32ArraySchema,
  value: float64ArraySchema,
  cover: float64ArraySchema,
});

/** What the first thread of a fit tells the caller. */
export const fitMessageSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('progress'),
    /** Trees grown so far. */
    trees: z.int(),
    validationLoss: z.number().optional(),
  }),
  z.strictObject({
    kind: z.literal('done'),
    ensemble: z.strictObject({
      featureCount: z.int(),
      baseMargin: z.number(),
      trees: z.array(treeSchema).readonly(),
    }),
    bestIteration: z.int(),
    validationLoss: z.number().optional(),
  }),
]);

export type FitMessage = z.output<typeof fitMessageSchema>;
