import { z } from 'zod';

/** What a gradient boosting fit is told; unknown keys are refused, missing ones get the defaults. */
export const boostingParamsSchema = z.strictObject({
  /** Trees at most; early stopping, or nothing left to split, may end with fewer. */
  trees: z.int().min(1).max(10_000).default(100),
  /** Leaves of a tree at most; the leaf whose split gains most is split first. */
  leaves: z.int().min(2).max(4_096).default(31),
  learningRate: z.number().positive().max(1).default(0.1),
  /** Bins of a feature's values at most; missing values have one of their own beside them. */
  bins: z.int().min(2).max(255).default(255),
  /** Gives bins to the ends of a feature's range, where few rows are: for rare positives. scikit-learn does not. */
  tailBins: z.boolean().default(false),
  /** No leaf holds fewer training rows. */
  minSamplesLeaf: z.int().min(1).default(20),
  /** L2 penalty on leaf values, in units of summed hessian. */
  l2: z.number().nonnegative().default(0),
  /** A split must lower the training log loss, summed over rows, by more (second-order approximation). */
  minGain: z.number().nonnegative().default(0),
  /** Stops when the validation log loss has not fallen for so many trees, and keeps the best; 0 never stops. */
  earlyStoppingRounds: z.int().nonnegative().default(0),
  seed: z.int().min(0).max(4_294_967_295).default(0),
  /** Worker threads; the result does not depend on them. */
  threads: z.int().min(1).max(64).default(2),
});

export type BoostingParams = z.output<typeof boostingParamsSchema>;
