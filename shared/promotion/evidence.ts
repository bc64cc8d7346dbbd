import { z } from 'zod';
import { bucketCountsSchema, mergeCounts } from './bucket-counts.ts';

/**
 * What is new since the last look, within one step and from the same minutes for both arms. Pinned and replayed
 * requests are in none of it. Every number is a count, so a block can be added up from minute rows; what counts once
 * per account and phase (`first-per-account.ts`) is marked **first**.
 */

const count = z.int().nonnegative();

/** The requests that were assigned to one arm. */
export const armCountsSchema = z.object({
  /** Requests, those that failed and those that fell back among them: a canary's fallback stays the canary's. */
  n: count,
  /** **first**: requests that failed or fell back. */
  failures: count,
  /** Of all requests, those that fell back to the champion; only shown. */
  fallbacks: count,
  /** The model's run times of the requests that this arm's version scored, by `latencyBucket`. */
  runTimes: bucketCountsSchema,
});
export type ArmCounts = z.infer<typeof armCountsSchema>;

/** Rows on which one version showed an event and the other did not. */
const discordantSchema = z.object({
  /** **first** */
  candidateOnly: count,
  /** **first** */
  championOnly: count,
});
export type Discordant = z.infer<typeof discordantSchema>;

/** What one version did with the rows of all pairs; not first per account. */
const pairSideSchema = z.object({
  errors: count,
  /** Decisions to review or block. */
  flagged: count,
  blocked: count,
  /** Its scores on the rows that both versions scored, by `scoreBucket`. */
  scores: bucketCountsSchema,
});
export type PairSide = z.infer<typeof pairSideSchema>;

/** Rows that both versions were given, in shadow and canary phases alike. */
export const pairCountsSchema = z.object({
  /** Rows that both were given, whether or not they could score them. */
  n: count,
  /** Rows that both scored. */
  scored: count,
  champion: pairSideSchema,
  candidate: pairSideSchema,
  /** Of `n`: only one version failed. */
  errors: discordantSchema,
  /** Of `scored`: only one version decided to review or block. */
  flagged: discordantSchema,
  /** Of `scored`: only one version decided to block. */
  blocked: discordantSchema,
});
export type PairCounts = z.infer<typeof pairCountsSchema>;

export const blockSchema = z.object({
  champion: armCountsSchema,
  canary: armCountsSchema,
  pairs: pairCountsSchema,
});
/** One look's increments. */
export type Block = z.infer<typeof blockSchema>;

const EMPTY_ARM: ArmCounts = { n: 0, failures: 0, fallbacks: 0, runTimes: {} };
const EMPTY_SIDE: PairSide = { errors: 0, flagged: 0, blocked: 0, scores: {} };
const AGREED: Discordant = { candidateOnly: 0, championOnly: 0 };
const EMPTY_PAIRS: PairCounts = {
  n: 0,
  scored: 0,
  champion: EMPTY_SIDE,
  candidate: EMPTY_SIDE,
  errors: AGREED,
  flagged: AGREED,
  blocked: AGREED,
};
export const EMPTY_BLOCK: Block = { champion: EMPTY_ARM, canary: EMPTY_ARM, pairs: EMPTY_PAIRS };

/** Adds up increments of the same step. Never to be used over steps: their shares of traffic differ. */
export function mergeBlocks(left: Block, right: Block): Block {
  return {
    champion: mergeArms(left.champion, right.champion),
    canary: mergeArms(left.canary, right.canary),
    pairs: mergePairs(left.pairs, right.pairs),
  };
}

export function mergeArms(left: ArmCounts, right: ArmCounts): ArmCounts {
  return {
    n: left.n + right.n,
    failures: left.failures + right.failures,
    fallbacks: left.fallbacks + right.fallbacks,
    runTimes: mergeCounts(left.runTimes, right.runTimes),
  };
}

export function mergePairs(left: PairCounts, right: PairCounts): PairCounts {
  return {
    n: left.n + right.n,
    scored: left.scored + right.scored,
    champion: mergeSides(left.champion, right.champion),
    candidate: mergeSides(left.candidate, right.candidate),
    errors: mergeDiscordant(left.errors, right.errors),
    flagged: mergeDiscordant(left.flagged, right.flagged),
    blocked: mergeDiscordant(left.blocked, right.blocked),
  };
}

function mergeSides(left: PairSide, right: PairSide): PairSide {
  return {
    errors: left.errors + right.errors,
    flagged: left.flagged + right.flagged,
    blocked: left.blocked + right.blocked,
    scores: mergeCounts(left.scores, right.scores),
  };
}

function mergeDiscordant(left: Discordant, right: Discordant): Discordant {
  return {
    candidateOnly: left.candidateOnly + right.candidateOnly,
    championOnly: left.championOnly + right.championOnly,
  };
}
