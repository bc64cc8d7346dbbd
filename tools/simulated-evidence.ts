import { latencyBucket } from '../shared/promotion/latency-sketch.ts';
import { type ArmCounts, type Block, EMPTY_BLOCK, type PairCounts } from '../shared/promotion/evidence.ts';
import { scoreBucket } from '../shared/promotion/score-buckets.ts';
import type { Random } from '../shared/training/random.ts';

/** How many of n independent trials succeed: by the gaps between successes, so rare ones cost little. */
export function binomial(random: Random, n: number, rate: number): number {
  if (rate <= 0) return 0;
  if (rate >= 1) return n;
  if (rate > 0.5) return n - binomial(random, n, 1 - rate);
  const logMiss = Math.log1p(-rate);
  let successes = 0;
  for (let at = gap(random, logMiss); at < n; at += 1 + gap(random, logMiss)) successes += 1;
  return successes;
}

function gap(random: Random, logMiss: number): number {
  return Math.floor(Math.log(1 - random()) / logMiss);
}

/** A standard normal variable (Box and Muller, A note on the generation of random normal deviates, 1958). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export interface SimulatedArm {
  readonly n: number;
  readonly errorRate?: number;
  /** Times a log-normal run time with a median of 1 ms; left out, nothing is timed. */
  readonly slowness?: number;
}

export function simulatedArm(random: Random, { n, errorRate = 0, slowness }: SimulatedArm): ArmCounts {
  return {
    n,
    failures: binomial(random, n, errorRate),
    fallbacks: 0,
    runTimes:
      slowness === undefined
        ? {}
        : counted(n, () => latencyBucket(slowness * Math.exp(0.5 * normal(random)))),
  };
}

export interface SimulatedPairs {
  readonly n: number;
  /** Shares of the rows that fail in one version alone. */
  readonly errors?: readonly [candidateOnly: number, championOnly: number];
  /** Shares of the rows that one version alone blocks; it also flags them. */
  readonly blocked?: readonly [candidateOnly: number, championOnly: number];
  /** Share of the rows that both versions block. */
  readonly bothBlock?: number;
  /** By how many standard deviations the candidate's logits are shifted; left out, there are no scores. */
  readonly shift?: number;
}

export function simulatedPairs(random: Random, pairs: SimulatedPairs): PairCounts {
  const { n, errors = [0, 0], blocked = [0, 0], bothBlock = 0.02, shift } = pairs;
  const failed = discordant(random, n, errors);
  const differ = discordant(random, n, blocked);
  const both = binomial(random, n, bothBlock);
  const scores = { champion: {}, candidate: {} };
  if (shift !== undefined) {
    for (let row = 0; row < n; row += 1) {
      const common = normal(random);
      // Two fits of the same data agree mostly, but not wholly.
      count(scores.champion, scoreOf(0.95 * common + 0.312 * normal(random)));
      count(scores.candidate, scoreOf(0.95 * common + 0.312 * normal(random) + shift));
    }
  }
  const side = (
    errorCount: number,
    decided: number,
    own: Record<string, number>,
  ): PairCounts['champion'] => ({
    errors: errorCount,
    flagged: both + decided,
    blocked: both + decided,
    scores: own,
  });
  return {
    n,
    scored: n,
    champion: side(failed.championOnly, differ.championOnly, scores.champion),
    candidate: side(failed.candidateOnly, differ.candidateOnly, scores.candidate),
    errors: failed,
    flagged: differ,
    blocked: differ,
  };
}

/** A block of what is given. */
export function simulatedBlock(
  random: Random,
  parts: {
    readonly champion?: SimulatedArm;
    readonly canary?: SimulatedArm;
    readonly pairs?: SimulatedPairs;
  },
): Block {
  return {
    champion: parts.champion ? simulatedArm(random, parts.champion) : EMPTY_BLOCK.champion,
    canary: parts.canary ? simulatedArm(random, parts.canary) : EMPTY_BLOCK.canary,
    pairs: parts.pairs ? simulatedPairs(random, parts.pairs) : EMPTY_BLOCK.pairs,
  };
}

function discordant(
  random: Random,
  n: number,
  [candidateOnly, championOnly]: readonly [number, number],
): PairCounts['errors'] {
  const candidate = binomial(random, n, candidateOnly);
  return { candidateOnly: candidate, championOnly: binomial(random, n - candidate, championOnly) };
}

/** Scores of a model of rare events: logits around -4. */
function scoreOf(deviation: number): number {
  return scoreBucket(1 / (1 + Math.exp(4 - 1.5 * deviation)));
}

function counted(n: number, bucket: () => number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < n; i += 1) count(counts, bucket());
  return counts;
}

function count(counts: Record<string, number>, bucket: number): void {
  counts[bucket] = (counts[bucket] ?? 0) + 1;
}
