import { murmur3 } from './murmur3.ts';
import type { TrafficRow } from './rows.ts';

/** Traffic is dealt out in hundredths of a per cent. */
export const BUCKETS = 10_000;

const HASHES = 2 ** 32;
const UTF8 = new TextEncoder();
/** Reused: a column's text is short, and three bytes of UTF-8 per code unit are the most that it takes. */
let scratch = new Uint8Array(1_024);

/** The seed of a promotion: its assignments have nothing to do with those of another one. */
export function seedOf(promotionId: string): number {
  return hashOf(promotionId, 0);
}

/**
 * What an account is assigned by within a promotion; also its name in the evidence, where the account itself has no
 * place.
 * @param key the value of the entity column, or a prediction id where the row has none
 * @returns an unsigned 32-bit integer
 */
export function assignmentHash(seed: number, key: string): number {
  return hashOf(key, seed);
}

/** One of `BUCKETS` equal parts, in the order of the hashes. */
export function bucketOf(hash: number): number {
  return Math.floor((hash / HASHES) * BUCKETS);
}

/**
 * How many buckets, from the first on, a share of the traffic takes: raising it adds accounts to the canary and moves
 * none back.
 */
export function bucketsFor(percent: number): number {
  return Math.round((percent / 100) * BUCKETS);
}

function hashOf(text: string, seed: number): number {
  if (text.length * 3 > scratch.length) scratch = new Uint8Array(text.length * 3);
  return murmur3(scratch, UTF8.encodeInto(text, scratch).written, seed);
}

/** What a promotion means for requests, worked out once per traffic row. */
export interface RunningPromotion {
  readonly promotionId: string;
  readonly step: number;
  readonly seed: number;
  readonly candidate: string;
  /** Rows of the first so many buckets go to the candidate; 0 where it has no canary. */
  readonly canaryBuckets: number;
  /**
   * Run times are compared between the first so many buckets of the canary and the last so many of the champion: as
   * much of one arm as of the other.
   */
  readonly comparedBuckets: number;
  /** Whether the candidate also scores what the champion serves. */
  readonly shadow: boolean;
  /** The champion to keep loaded once the candidate has taken its place. */
  readonly keepWarm: string | undefined;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly validUntil: number;
}

/**
 * The promotion of a traffic row; undefined without a claim. Canary and shadow have to be those of the claim, so that a
 * row that something else has written gives no traffic away.
 */
export function runningPromotion(row: TrafficRow): RunningPromotion | undefined {
  const { claim, canary, shadow, previousChampion } = row;
  if (claim === null) return undefined;
  const { promotionId, candidate } = claim;
  const own = (part: { promotionId: string; version: string } | null) =>
    part?.promotionId === promotionId && part.version === candidate;
  const canaryBuckets = own(canary) ? bucketsFor(canary?.percent ?? 0) : 0;
  const keepWarm = previousChampion?.promotionId === promotionId ? previousChampion.version : undefined;
  return {
    promotionId,
    step: claim.step,
    seed: seedOf(promotionId),
    candidate,
    canaryBuckets,
    comparedBuckets: comparedBuckets(canaryBuckets, keepWarm !== undefined),
    shadow: own(shadow),
    keepWarm,
    validUntil: Date.parse(claim.validUntil),
  };
}

/** A candidate that has all of the traffic, before or after its promotion, is held to what was measured on parts. */
function comparedBuckets(canaryBuckets: number, isPromoted: boolean): number {
  if (canaryBuckets === BUCKETS || (canaryBuckets === 0 && isPromoted)) return BUCKETS / 2;
  return Math.min(canaryBuckets, BUCKETS - canaryBuckets);
}
