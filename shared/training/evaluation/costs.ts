import { z } from 'zod';
import type { Decision } from '../../scoring/decide.ts';

const amount = z.number().nonnegative();

/** What decisions cost, in units of the business. */
export const costsSchema = z
  .strictObject({
    /** What a positive row costs that is approved: a figure, or the number column that holds it. */
    loss: z.union([amount, z.string().min(1)]).default(1),
    /** What one review costs. */
    review: amount.default(0.05),
    /** The share of positive rows that a review finds. */
    detection: z.number().min(0).max(1).default(0.9),
    /** What a block of a negative row costs. */
    block: amount.default(0.3),
  })
  .readonly();
export type Costs = z.infer<typeof costsSchema>;

/** Every figure at its default: relative to the loss of one positive row. */
export const DEFAULT_COSTS: Costs = costsSchema.parse({});

/**
 * What a decision on a row has cost, now that its label is known: approve y·L, review c_r + y(1 − d)L,
 * block (1 − y)c_b. With the probability in place of y it is the expected cost (Elkan, "The foundations of
 * cost-sensitive learning", 2001).
 * @param label 1 for positive, 0 for negative
 * @param loss L of this row
 */
export function decisionCost(decision: Decision, label: number, loss: number, costs: Costs): number {
  switch (decision) {
    case 'approve':
      return label * loss;
    case 'review':
      return costs.review + label * (1 - costs.detection) * loss;
    case 'block':
      return (1 - label) * costs.block;
  }
}
