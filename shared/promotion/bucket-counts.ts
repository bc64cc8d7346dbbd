import { z } from 'zod';

/**
 * How often each bucket was met: bucket number to count, buckets that were not met left out. Merging is addition of
 * whole numbers, so any order of merging gives the same. Keys that are whole numbers are listed in ascending order.
 */
export const bucketCountsSchema = z.record(z.string().regex(/^(0|[1-9]\d*)$/), z.int().nonnegative());
export type BucketCounts = Readonly<Record<string, number>>;

export function mergeCounts(left: BucketCounts, right: BucketCounts): BucketCounts {
  const merged: Record<string, number> = { ...left };
  for (const [bucket, count] of Object.entries(right)) merged[bucket] = (merged[bucket] ?? 0) + count;
  return merged;
}

export function totalCount(counts: BucketCounts): number {
  let total = 0;
  for (const count of Object.values(counts)) total += count;
  return total;
}

/** How many were in a bucket of at least this number. */
export function countFrom(counts: BucketCounts, bucket: number): number {
  let total = 0;
  for (const [key, count] of Object.entries(counts)) if (Number(key) >= bucket) total += count;
  return total;
}

/** The least bucket up to which at least the given share of all lies; undefined where there is nothing. */
export function quantileBucket(counts: BucketCounts, share: number): number | undefined {
  const wanted = share * totalCount(counts);
  let passed = 0;
  for (const [key, count] of Object.entries(counts)) {
    passed += count;
    if (count > 0 && passed >= wanted) return Number(key);
  }
  return undefined;
}
