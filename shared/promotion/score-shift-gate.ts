import { z } from 'zod';
import { bucketCountsSchema, mergeCounts, totalCount } from './bucket-counts.ts';
import type { Criteria } from './criteria.ts';
import type { Block } from './evidence.ts';
import type { GateResult } from './gate.ts';
import { shortage } from './judge.ts';
import { upperNormalQuantile } from './normal-quantile.ts';
import { decileEdges, scoreShift } from './psi.ts';

/** Scores of both versions on the same rows, and the last look at them. */
const looksSchema = z.object({
  champion: bucketCountsSchema,
  candidate: bucketCountsSchema,
  /** Looks so far; the next is due at twice the pairs of the last. */
  looks: z.int(),
  lookedAt: z.int(),
  psi: z.number().nullable(),
  /** The bound that the last look gave: the lower one of the phase, the upper one of the promotion. */
  bound: z.number().nullable(),
});
type Looks = z.infer<typeof looksSchema>;

export const scoreEvidenceSchema = z.object({ phase: looksSchema, promotion: looksSchema });
export type ScoreEvidence = z.infer<typeof scoreEvidenceSchema>;

const NO_LOOKS: Looks = { champion: {}, candidate: {}, looks: 0, lookedAt: 0, psi: null, bound: null };
/** Pairs below which the approximation by a normal distribution is not to be trusted. */
const LEAST_PAIRS = 100;

/** A phase's beginning: evidence of harm starts afresh, evidence of harmlessness is kept. */
export function startScores(kept?: ScoreEvidence): ScoreEvidence {
  return { phase: NO_LOOKS, promotion: kept?.promotion ?? NO_LOOKS };
}

/**
 * Folds a block and looks where a look is due: the sample has to double from look to look, and the k-th look spends
 * 1/(k(k + 1)) of the error that is allowed, all looks together at most all of it.
 */
export function foldScores(evidence: ScoreEvidence, { pairs }: Block, criteria: Criteria): ScoreEvidence {
  const { alpha, beta } = criteria.scoreShift;
  const least = Math.max(LEAST_PAIRS, criteria.minRequests);
  const grown = (looks: Looks): Looks => ({
    ...looks,
    champion: mergeCounts(looks.champion, pairs.champion.scores),
    candidate: mergeCounts(looks.candidate, pairs.candidate.scores),
  });
  return {
    phase: look(grown(evidence.phase), least, alpha, -1),
    promotion: look(grown(evidence.promotion), least, beta, 1),
  };
}

/** @param side 1 for the upper bound, -1 for the lower */
function look(looks: Looks, least: number, error: number, side: 1 | -1): Looks {
  const pairs = totalCount(looks.champion);
  if (pairs < (looks.looks === 0 ? least : 2 * looks.lookedAt)) return looks;
  const k = looks.looks + 1;
  const { psi, standardError } = scoreShift(looks.champion, looks.candidate, decileEdges(looks.champion));
  const width = upperNormalQuantile(error / (k * (k + 1)));
  return { ...looks, looks: k, lookedAt: pairs, psi, bound: psi + side * width * standardError };
}

/** The last looks' verdict. */
export function judgeScores({ phase, promotion }: ScoreEvidence, criteria: Criteria): GateResult {
  const { maxPsi } = criteria.scoreShift;
  const failed = phase.bound !== null && phase.bound > maxPsi;
  const passed = promotion.bound !== null && promotion.bound <= maxPsi;
  const verdict = failed ? 'fail' : passed ? 'pass' : 'inconclusive';
  const reason = failed
    ? `the scores' stability index is above ${maxPsi}: ${shown(phase.psi)}, at least ${shown(phase.bound)}`
    : (shortage(
        totalCount(promotion.champion),
        Math.max(LEAST_PAIRS, criteria.minRequests),
        'rows scored by both',
      ) ?? 'the evidence does not say yet');
  return {
    gate: 'scoreShift',
    verdict,
    champion: { n: totalCount(phase.champion) },
    canary: { n: totalCount(phase.candidate) },
    estimate: phase.psi ?? promotion.psi,
    lower: phase.bound,
    upper: promotion.bound,
    margin: maxPsi,
    ...(verdict === 'pass' ? {} : { reason }),
  };
}

function shown(value: number | null): string {
  return value === null ? 'unknown' : value.toFixed(3);
}
