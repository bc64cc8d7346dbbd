import type { BucketCounts } from '../promotion/bucket-counts.ts';
import type { ArmCounts, Block, Discordant, PairSide } from '../promotion/evidence.ts';

/** What a sum of rows has now and did not have before. Rows only grow, so nothing of it is negative. */
export function blockSince(now: Block, before: Block): Block {
  return {
    champion: armSince(now.champion, before.champion),
    canary: armSince(now.canary, before.canary),
    pairs: {
      n: now.pairs.n - before.pairs.n,
      scored: now.pairs.scored - before.pairs.scored,
      champion: sideSince(now.pairs.champion, before.pairs.champion),
      candidate: sideSince(now.pairs.candidate, before.pairs.candidate),
      errors: discordantSince(now.pairs.errors, before.pairs.errors),
      flagged: discordantSince(now.pairs.flagged, before.pairs.flagged),
      blocked: discordantSince(now.pairs.blocked, before.pairs.blocked),
    },
  };
}

function armSince(now: ArmCounts, before: ArmCounts): ArmCounts {
  return {
    n: now.n - before.n,
    failures: now.failures - before.failures,
    fallbacks: now.fallbacks - before.fallbacks,
    runTimes: countsSince(now.runTimes, before.runTimes),
  };
}

function sideSince(now: PairSide, before: PairSide): PairSide {
  return {
    errors: now.errors - before.errors,
    flagged: now.flagged - before.flagged,
    blocked: now.blocked - before.blocked,
    scores: countsSince(now.scores, before.scores),
  };
}

function discordantSince(now: Discordant, before: Discordant): Discordant {
  return {
    candidateOnly: now.candidateOnly - before.candidateOnly,
    championOnly: now.championOnly - before.championOnly,
  };
}

function countsSince(now: BucketCounts, before: BucketCounts): BucketCounts {
  const since: Record<string, number> = {};
  for (const [bucket, count] of Object.entries(now)) {
    const more = count - (before[bucket] ?? 0);
    if (more !== 0) since[bucket] = more;
  }
  return since;
}
