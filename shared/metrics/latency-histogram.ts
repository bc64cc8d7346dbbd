import { z } from 'zod';
import type { BucketCounts } from '../promotion/bucket-counts.ts';
import { LATENCY_BUCKETS, latencyEdge } from '../promotion/latency-sketch.ts';

/** Upper edges of the published histogram, in seconds; the last bucket has none. */
export const LATENCY_EDGES = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

export const latencyHistogramSchema = z.object({
  /** Requests whose time lies in a bucket, not those below as well: one more bucket than there are edges. */
  counts: z.array(z.int().nonnegative()).length(LATENCY_EDGES.length + 1),
  /** Seconds. */
  sum: z.number().nonnegative(),
});
export type LatencyHistogram = z.infer<typeof latencyHistogramSchema>;

/**
 * A sketch of times in the published buckets. A time is known to 1 %, so one that close to an edge may be on its other
 * side; the sum is right to 1 %.
 */
export function latencyHistogram(sketch: BucketCounts): LatencyHistogram {
  const counts = Array.from({ length: LATENCY_EDGES.length + 1 }, () => 0);
  let sum = 0;
  for (const [bucket, count] of Object.entries(sketch)) {
    const seconds = middleOf(Number(bucket)) / 1_000;
    const edge = LATENCY_EDGES.findIndex((limit) => seconds <= limit);
    const at = edge === -1 ? LATENCY_EDGES.length : edge;
    counts[at] = (counts[at] ?? 0) + count;
    sum += count * seconds;
  }
  return { counts, sum };
}

export function mergeLatencies(left: LatencyHistogram, right: LatencyHistogram): LatencyHistogram {
  return {
    counts: left.counts.map((count, bucket) => count + (right.counts[bucket] ?? 0)),
    sum: left.sum + right.sum,
  };
}

/** Milliseconds; the last bucket, which has no end, counts as its beginning. */
function middleOf(bucket: number): number {
  const below = bucket === 0 ? 0 : latencyEdge(bucket - 1);
  return bucket === LATENCY_BUCKETS - 1 ? below : (below + latencyEdge(bucket)) / 2;
}
