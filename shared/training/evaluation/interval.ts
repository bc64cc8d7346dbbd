import { z } from 'zod';

/** A figure, and the limits between which it would be found with more data of the same kind (95 %). */
export const intervalSchema = z
  .object({ value: z.number(), lower: z.number().optional(), upper: z.number().optional() })
  .readonly();
export type Interval = z.infer<typeof intervalSchema>;

/** An interval both of whose limits are there. */
export interface Bounded {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** The confidence of every interval. */
export const CONFIDENCE = 0.95;

/** Share of the resamples that has to define a figure before its interval says anything. */
const LEAST_DEFINED = 0.9;

/**
 * The percentile interval of a figure.
 * @param resampled its values in resamples, NaN where they don't define it
 * @returns undefined where the figure itself is not defined; no limits where too many resamples don't define it
 */
export function percentileInterval(value: number, resampled: Float64Array): Interval | undefined {
  if (!Number.isFinite(value)) return undefined;
  const sorted = resampled.filter(Number.isFinite).sort();
  if (sorted.length === 0 || sorted.length < LEAST_DEFINED * resampled.length) return { value };
  const tail = (1 - CONFIDENCE) / 2;
  return { value, lower: quantile(sorted, tail), upper: quantile(sorted, 1 - tail) };
}

/** A quantile by linear interpolation between order statistics (Hyndman and Fan's type 7, which is NumPy's). */
export function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return low + (at - below) * (high - low);
}
