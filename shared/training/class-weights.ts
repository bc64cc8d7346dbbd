import { z } from 'zod';
import type { LabelledMatrix } from './matrix.ts';

/**
 * What a positive row weighs beside a negative one. `balanced`: so much that both classes weigh the same. Weights
 * shift the probabilities; calibration, which does not know them, puts them back.
 */
export const positiveWeightSchema = z.union([z.number().positive(), z.literal('balanced')]).default(1);

/** The same rows, those of the positive class with `positiveWeight` times their weight. */
export function weighPositives(
  data: LabelledMatrix,
  positiveWeight: z.output<typeof positiveWeightSchema>,
): LabelledMatrix {
  if (positiveWeight === 1) return data;
  const { y, weights } = data;
  const sums = [0, 0];
  for (let row = 0; row < y.length; row += 1) sums[y[row]!] = sums[y[row]!]! + (weights?.[row] ?? 1);
  const factor = positiveWeight === 'balanced' ? sums[0]! / sums[1]! : positiveWeight;
  // With a single class nothing can be balanced; the learner refuses such rows, with a better message.
  if (!(factor > 0 && factor < Infinity)) return data;
  return {
    ...data,
    weights: Float64Array.from(y, (label, row) => (weights?.[row] ?? 1) * (label === 1 ? factor : 1)),
  };
}
