/**
 * Fixed buckets of scores, the same for every model: a tenth of a logit each, from a logit of -10 to 10, the first and
 * the last open to the outside. Deciles of scores that crowd near 0 are told apart, where buckets of equal width would
 * hold most of them in one.
 */
export const SCORE_BUCKETS = 200;
const LOGITS_PER_BUCKET = 0.1;
const LOWEST_LOGIT = (-SCORE_BUCKETS * LOGITS_PER_BUCKET) / 2;

/** The bucket of a score from 0 to 1. */
export function scoreBucket(score: number): number {
  const logit = Math.log(score / (1 - score));
  const bucket = Math.floor((logit - LOWEST_LOGIT) / LOGITS_PER_BUCKET);
  return Math.min(SCORE_BUCKETS - 1, Math.max(0, bucket));
}

/** The score in the middle of a bucket. */
export function bucketScore(bucket: number): number {
  return 1 / (1 + Math.exp(-(LOWEST_LOGIT + (bucket + 0.5) * LOGITS_PER_BUCKET)));
}
