import { z } from 'zod';

/** What a random forest fit is told; unknown keys are refused, missing ones get the defaults. */
export const forestParamsSchema = z.strictObject({
  trees: z.int().min(1).max(1_000).default(100),
  /** Splits between the root and a leaf at most; 64 lets the trees grow fully. */
  maxDepth: z.int().min(1).max(64).default(12),
  /** No leaf holds fewer different training rows. */
  minSamplesLeaf: z.int().min(1).default(1),
  /** Features that a split chooses from: the square root of their number, or a share of them. */
  features: z.union([z.literal('sqrt'), z.number().positive().max(1)]).default('sqrt'),
  /** Whether each tree sees a sample of the rows, drawn with replacement, or all of them. */
  bootstrap: z.boolean().default(true),
  /** Bins of a feature's values at most; missing values have one of their own beside them. */
  bins: z.int().min(2).max(255).default(255),
  seed: z.int().min(0).max(4_294_967_295).default(0),
  /** Worker threads; the result does not depend on them. */
  threads: z.int().min(1).max(64).default(2),
});

export type ForestParams = z.output<typeof forestParamsSchema>;

/** Features that a split of a tree chooses from. */
export function featuresPerSplit({ features }: ForestParams, columns: number): number {
  const wanted = features === 'sqrt' ? Math.sqrt(columns) : features * columns;
  return Math.max(1, Math.floor(wanted));
}
