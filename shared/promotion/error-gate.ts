import { z } from 'zod';
import type { Criteria } from './criteria.ts';
import { logE } from './e-process.ts';
import type { Block } from './evidence.ts';
import { type GateResult, percentText, rateOf } from './gate.ts';
import { judge, shortage } from './judge.ts';
import { foldPaired, NO_PAIRED_EVIDENCE, pairedEvidenceSchema } from './paired.ts';
import {
  foldTwoSample,
  HARM,
  HARMLESSNESS,
  NO_TWO_SAMPLE_EVIDENCE,
  twoSampleEvidenceSchema,
} from './two-sample.ts';

/** Failures and fallbacks: of the same rows in the shadow, of two arms of the traffic in the canary. */
export const errorEvidenceSchema = z.object({
  pairs: z.object({ fail: pairedEvidenceSchema, pass: pairedEvidenceSchema }),
  arms: z.object({ fail: twoSampleEvidenceSchema, pass: twoSampleEvidenceSchema }),
});
export type ErrorEvidence = z.infer<typeof errorEvidenceSchema>;

/** A phase's beginning: evidence of harm starts afresh, evidence of harmlessness is kept. */
export function startErrors(kept?: ErrorEvidence): ErrorEvidence {
  return {
    pairs: { fail: NO_PAIRED_EVIDENCE, pass: kept?.pairs.pass ?? NO_PAIRED_EVIDENCE },
    arms: { fail: NO_TWO_SAMPLE_EVIDENCE, pass: kept?.arms.pass ?? NO_TWO_SAMPLE_EVIDENCE },
  };
}

/** Folds a block of the shadow, where both versions were given the same rows. */
export function foldShadowErrors(
  evidence: ErrorEvidence,
  { pairs }: Block,
  { errorRate: { margins } }: Criteria,
): ErrorEvidence {
  const counts = { n: pairs.n, ...pairs.errors };
  return {
    ...evidence,
    pairs: {
      fail: foldPaired(evidence.pairs.fail, counts, margins, 'at-most'),
      pass: foldPaired(evidence.pairs.pass, counts, margins, 'at-least'),
    },
  };
}

/** Folds a block in which both versions served requests. */
export function foldSharedErrors(
  evidence: ErrorEvidence,
  { champion, canary }: Block,
  { errorRate: { margins } }: Criteria,
): ErrorEvidence {
  const counts = {
    champion: { n: champion.n, events: champion.failures },
    canary: { n: canary.n, events: canary.failures },
  };
  return {
    ...evidence,
    arms: {
      fail: foldTwoSample(evidence.arms.fail, counts, margins, HARM),
      pass: foldTwoSample(evidence.arms.pass, counts, margins, HARMLESSNESS),
    },
  };
}

/** @param phase all blocks of the phase together */
export function judgeShadowErrors(evidence: ErrorEvidence, { pairs }: Block, criteria: Criteria): GateResult {
  const { candidateOnly, championOnly } = pairs.errors;
  return result(evidence, 'pairs', criteria, {
    champion: sideOf(pairs.n, pairs.champion.errors),
    canary: sideOf(pairs.n, pairs.candidate.errors),
    estimate: rateOf(candidateOnly - championOnly, pairs.n),
    tooLittle: shortage(pairs.n, criteria.minRequests, 'rows given to both'),
  });
}

/** @param phase all blocks of the phase together */
export function judgeSharedErrors(
  evidence: ErrorEvidence,
  { champion, canary }: Block,
  criteria: Criteria,
): GateResult {
  const [before, after] = [rateOf(champion.failures, champion.n), rateOf(canary.failures, canary.n)];
  return result(evidence, 'arms', criteria, {
    champion: sideOf(champion.n, champion.failures),
    canary: { ...sideOf(canary.n, canary.failures), fallbacks: canary.fallbacks },
    estimate: before === null || after === null ? null : after - before,
    tooLittle: shortage(canary.n, criteria.minRequests, 'requests of the canary'),
  });
}

/** Whether the promotion has shown the candidate harmless, by either kind of evidence. */
export function errorsEarned(evidence: ErrorEvidence, { errorRate: { place, logPass } }: Criteria): boolean {
  return [evidence.pairs, evidence.arms].some(({ pass }) => logE(pass.logRatios, place) >= logPass);
}

interface Seen {
  readonly champion: GateResult['champion'];
  readonly canary: GateResult['canary'];
  readonly estimate: number | null;
  readonly tooLittle: string | undefined;
}

function result(
  evidence: ErrorEvidence,
  source: 'pairs' | 'arms',
  criteria: Criteria,
  { tooLittle, ...seen }: Seen,
): GateResult {
  const judgement = judge(evidence[source], criteria.errorRate, tooLittle);
  const earned =
    judgement.verdict === 'inconclusive' && tooLittle === undefined && errorsEarned(evidence, criteria);
  const verdict = earned ? 'pass' : judgement.verdict;
  const reason = reasonFor(verdict, seen, judgement.margin, tooLittle);
  return { gate: 'errorRate', ...seen, ...judgement, verdict, ...(reason === undefined ? {} : { reason }) };
}

function reasonFor(
  verdict: GateResult['verdict'],
  { champion, canary }: Omit<Seen, 'tooLittle'>,
  margin: number,
  tooLittle: string | undefined,
): string | undefined {
  if (verdict === 'pass') return undefined;
  if (verdict === 'inconclusive') return tooLittle ?? 'the evidence does not say yet';
  const rates = `${percentText(canary['rate'] ?? null)} against ${percentText(champion['rate'] ?? null)}`;
  return `the canary fails more than ${percentText(margin)} more often: ${rates}`;
}

function sideOf(n: number, failures: number): GateResult['champion'] {
  return { n, failures, rate: rateOf(failures, n) };
}
