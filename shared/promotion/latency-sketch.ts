/**
 * A mergeable sketch of times: logarithmic buckets, each as wide as 2 % of its times, so that a quantile is known to
 * about 1 % (Masson, Rim and Lee, DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees,
 * 2019). The counts are a `BucketCounts`. Bucket 0 holds all times up to `SHORTEST`, the last one all that are longer
 * than two minutes, so a sketch has at most `LATENCY_BUCKETS` numbers.
 */
const RELATIVE_ACCURACY = 0.01;
const GAMMA = (1 + RELATIVE_ACCURACY) / (1 - RELATIVE_ACCURACY);
const LOG_GAMMA = Math.log(GAMMA);
/** Milliseconds: one microsecond. */
const SHORTEST = 0.001;
export const LATENCY_BUCKETS = 933;

/** The bucket of a time in milliseconds: the one with `latencyEdge(bucket - 1)` < time <= `latencyEdge(bucket)`. */
export function latencyBucket(milliseconds: number): number {
  if (!(milliseconds > SHORTEST)) return 0;
  return Math.min(LATENCY_BUCKETS - 1, Math.ceil(Math.log(milliseconds / SHORTEST) / LOG_GAMMA));
}

/** The longest time that a bucket holds, in milliseconds; infinite for the last. */
export function latencyEdge(bucket: number): number {
  return bucket >= LATENCY_BUCKETS - 1 ? Number.POSITIVE_INFINITY : SHORTEST * GAMMA ** bucket;
}

/**
 * By how many buckets a time moves when it is multiplied by a ratio: `under` buckets are a ratio of at most this,
 * `over` buckets one of at least this.
 */
export function bucketsOfRatio(ratio: number): { readonly under: number; readonly over: number } {
  const buckets = Math.log(ratio) / LOG_GAMMA;
  return { under: Math.floor(buckets), over: Math.ceil(buckets) };
}
