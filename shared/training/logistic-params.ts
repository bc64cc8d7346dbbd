import { z } from 'zod';

/** What a logistic regression fit is told; unknown keys are refused, missing ones get the defaults. */
export const logisticParamsSchema = z.strictObject({
  /** Weight λ of the penalty ½ λ |w|² beside the log loss summed over rows: scikit-learn's 1 / C. */
  l2: z.number().positive().default(1),
  /** Steps of the optimiser at most. */
  maxSteps: z.int().min(1).max(10_000).default(1_000),
});

export type LogisticParams = z.output<typeof logisticParamsSchema>;
