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

/** What the first thread of a gradient boosting fit tells the caller. */
export const boostingMessageSchema = z.discriminatedUnion('kind', [
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

/** What each thread of a random forest fit tells the caller. */
export const forestMessageSchema = z.strictObject({
  kind: z.literal('tree'),
  index: z.int(),
  tree: treeSchema,
});

/** What the thread of a logistic regression fit tells the caller. */
export const linearMessageSchema = z.strictObject({
  kind: z.literal('linear'),
  model: z.strictObject({
    means: float32ArraySchema,
    scales: float32ArraySchema,
    weights: float64ArraySchema,
    missingWeights: float64ArraySchema,
    intercept: z.number(),
  }),
  steps: z.int(),
});

export type FitMessage =
  | z.output<typeof boostingMessageSchema>
  | z.output<typeof forestMessageSchema>
  | z.output<typeof linearMessageSchema>;
