import { z } from 'zod';
import { aloneEvidenceSchema, foldAlone, judgeAlone, restartAlone, startAlone } from './alone-gates.ts';
import type { Criteria } from './criteria.ts';
import { decisionEvidenceSchema, foldDecisions, judgeDecisions, startDecisions } from './decision-gate.ts';
import {
  errorEvidenceSchema,
  foldShadowErrors,
  foldSharedErrors,
  judgeShadowErrors,
  judgeSharedErrors,
  startErrors,
} from './error-gate.ts';
import { type Block, blockSchema, EMPTY_BLOCK, mergeBlocks } from './evidence.ts';
import { type GateResult, together, type Verdict } from './gate.ts';
import { foldLatency, judgeLatency, latencyEvidenceSchema, startLatency } from './latency-gate.ts';
import { foldScores, judgeScores, scoreEvidenceSchema, startScores } from './score-shift-gate.ts';

/**
 * What kind of evidence a phase gives:
 * - `shadow`: the same rows, served by the champion
 * - `shared`: requests of both arms, and rows that both were given
 * - `alone`: requests of the canary, which has all the traffic, and rows that both were given
 * - `watch`: requests of the new champion
 */
export const stageSchema = z.enum(['shadow', 'shared', 'alone', 'watch']);
export type Stage = z.infer<typeof stageSchema>;

/** All evidence of a promotion: plain data, kept in its record from check to check. */
export const gatheredSchema = z.object({
  stage: stageSchema,
  /** All blocks of the phase together. */
  phase: blockSchema,
  /** Rows of the promotion that either version reviewed or blocked. */
  flagged: z.int(),
  errors: errorEvidenceSchema,
  decisions: decisionEvidenceSchema,
  latency: latencyEvidenceSchema,
  scores: scoreEvidenceSchema,
  /** Null before the canary has all the traffic. */
  alone: aloneEvidenceSchema.nullable(),
});
export type Gathered = z.infer<typeof gatheredSchema>;

/** The beginning of a phase: of the first where nothing was gathered before. */
export function startPhase(stage: Stage, before?: Gathered): Gathered {
  return {
    stage,
    phase: EMPTY_BLOCK,
    flagged: before?.flagged ?? 0,
    errors: startErrors(before?.errors),
    decisions: startDecisions(before?.decisions),
    latency: startLatency(before?.phase.champion.runTimes),
    scores: startScores(before?.scores),
    alone: aloneOf(stage, before),
  };
}

function aloneOf(stage: Stage, before: Gathered | undefined): Gathered['alone'] {
  if (stage === 'shadow' || stage === 'shared') return null;
  return before?.alone ? restartAlone(before.alone) : startAlone(before?.phase ?? EMPTY_BLOCK);
}

/** Folds the increments since the last look. They have to be of the same step. */
export function gather(gathered: Gathered, block: Block, criteria: Criteria): Gathered {
  const { stage } = gathered;
  const { champion, candidate } = block.pairs;
  const common = {
    ...gathered,
    phase: mergeBlocks(gathered.phase, block),
    flagged: gathered.flagged + Math.max(champion.flagged, candidate.flagged),
  };
  const paired = {
    ...common,
    decisions: foldDecisions(gathered.decisions, block, criteria),
    scores: foldScores(gathered.scores, block, criteria),
  };
  const alone = gathered.alone === null ? null : foldAlone(gathered.alone, block, criteria);
  switch (stage) {
    case 'shadow':
      return { ...paired, errors: foldShadowErrors(gathered.errors, block, criteria) };
    case 'shared':
      return {
        ...paired,
        errors: foldSharedErrors(gathered.errors, block, criteria),
        latency: foldLatency(gathered.latency, gathered.phase.champion.runTimes, block, criteria),
      };
    case 'alone':
      return { ...paired, alone };
    case 'watch':
      return { ...common, alone };
  }
}

export interface Assessment {
  readonly verdict: Verdict;
  readonly gates: readonly GateResult[];
}

/** What the evidence says: each gate that applies, and all together. */
export function assess(gathered: Gathered, criteria: Criteria): Assessment {
  const gates = gatesOf(gathered, criteria);
  return { verdict: together(gates.map(({ verdict }) => verdict)), gates };
}

function gatesOf(gathered: Gathered, criteria: Criteria): readonly GateResult[] {
  const { stage, phase, errors, latency, decisions, scores, flagged } = gathered;
  const alone = gathered.alone === null ? [] : judgeAlone(gathered.alone, phase, criteria);
  if (stage === 'watch') return alone;
  const promotion = { scored: decisions.flagged.more.pass.n, flagged };
  const paired = [judgeDecisions(decisions, phase, promotion, criteria), judgeScores(scores, criteria)];
  switch (stage) {
    case 'shadow':
      return [judgeShadowErrors(errors, phase, criteria), ...paired];
    case 'shared':
      return [judgeSharedErrors(errors, phase, criteria), judgeLatency(latency, phase, criteria), ...paired];
    case 'alone':
      return [...alone, ...paired];
  }
}
