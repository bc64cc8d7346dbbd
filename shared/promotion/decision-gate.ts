import { z } from 'zod';
import type { Criteria } from './criteria.ts';
import type { Block, Discordant, PairCounts } from './evidence.ts';
import { type GateResult, type GateTest, percentText, rateOf, together } from './gate.ts';
import { judge, shortage } from './judge.ts';
import {
  foldPaired,
  mirrored,
  NO_PAIRED_EVIDENCE,
  type PairedCounts,
  pairedEvidenceSchema,
} from './paired.ts';

const EVENTS = ['flagged', 'blocked'] as const;
type Event = (typeof EVENTS)[number];
const DIRECTIONS = ['more', 'less'] as const;
type Direction = (typeof DIRECTIONS)[number];

const testSchema = z.object({ fail: pairedEvidenceSchema, pass: pairedEvidenceSchema });
const eventSchema = z.object({ more: testSchema, less: testSchema });

/** Whether the candidate reviews or blocks, and whether it blocks, more often or less often on the same rows. */
export const decisionEvidenceSchema = z.object({ flagged: eventSchema, blocked: eventSchema });
export type DecisionEvidence = z.infer<typeof decisionEvidenceSchema>;

/** A phase's beginning: evidence of harm starts afresh, evidence of harmlessness is kept. */
export function startDecisions(kept?: DecisionEvidence): DecisionEvidence {
  const test = (event: Event, direction: Direction): z.infer<typeof testSchema> => ({
    fail: NO_PAIRED_EVIDENCE,
    pass: kept?.[event][direction].pass ?? NO_PAIRED_EVIDENCE,
  });
  const tests = (event: Event): z.infer<typeof eventSchema> => ({
    more: test(event, 'more'),
    less: test(event, 'less'),
  });
  return { flagged: tests('flagged'), blocked: tests('blocked') };
}

export function foldDecisions(
  evidence: DecisionEvidence,
  { pairs }: Block,
  { decisionRate: { margins } }: Criteria,
): DecisionEvidence {
  const folded = (event: Event, direction: Direction): z.infer<typeof testSchema> => {
    const { fail, pass } = evidence[event][direction];
    const counts = countsOf(pairs, event, direction);
    return {
      fail: foldPaired(fail, counts, margins, 'at-most'),
      pass: foldPaired(pass, counts, margins, 'at-least'),
    };
  };
  const tests = (event: Event): z.infer<typeof eventSchema> => ({
    more: folded(event, 'more'),
    less: folded(event, 'less'),
  });
  return { flagged: tests('flagged'), blocked: tests('blocked') };
}

function countsOf(pairs: PairCounts, event: Event, direction: Direction): PairedCounts {
  const counts = { n: pairs.scored, ...pairs[event] };
  return direction === 'more' ? counts : mirrored(counts);
}

/**
 * The gate fails where one of its four tests does and passes where all do; its own numbers are those of the worst.
 * @param phase all blocks of the phase together
 * @param scored pairs of the whole promotion, from which harmlessness was shown
 */
export function judgeDecisions(
  evidence: DecisionEvidence,
  { pairs }: Block,
  promotion: { readonly scored: number; readonly flagged: number },
  criteria: Criteria,
): GateResult {
  const tooLittle =
    shortage(promotion.scored, criteria.minRequests, 'rows scored by both') ??
    shortage(promotion.flagged, criteria.minEvents, 'rows reviewed or blocked');
  const tests = EVENTS.flatMap((event) =>
    DIRECTIONS.map((direction): DirectedTest => {
      const estimate = rateOf(differenceOf(pairs[event]), pairs.scored);
      const judgement = judge(evidence[event][direction], criteria.decisionRate, tooLittle);
      return {
        event,
        direction,
        test: { test: `${event} ${direction}`, estimate, ...signed(judgement, direction) },
      };
    }),
  );
  const verdict = together(tests.map(({ test }) => test.verdict));
  const { event, test } = worstOf(tests, verdict);
  const reason =
    verdict === 'fail' ? failureOf(test, pairs, event) : (tooLittle ?? 'the evidence does not say yet');
  const { estimate, lower, upper, margin } = test;
  return {
    gate: 'decisionRate',
    verdict,
    champion: sideOf(pairs.scored, pairs.champion),
    canary: sideOf(pairs.scored, pairs.candidate),
    estimate,
    lower,
    upper,
    margin,
    ...(verdict === 'pass' ? {} : { reason }),
    tests: tests.map((one) => one.test),
  };
}

interface DirectedTest {
  readonly event: Event;
  readonly direction: Direction;
  readonly test: GateTest;
}

/** Turns what is known of champion - candidate into candidate - champion. */
function signed(judgement: ReturnType<typeof judge>, direction: Direction): ReturnType<typeof judge> {
  if (direction === 'more') return judgement;
  const { verdict, lower, upper, margin } = judgement;
  return { verdict, lower: negative(upper), upper: negative(lower), margin: -margin };
}

function negative(value: number | null): number | null {
  return value === null ? null : 0 - value;
}

/** The test that made the verdict; of several the one whose estimate is the furthest on its way to its margin. */
function worstOf(tests: readonly DirectedTest[], verdict: GateResult['verdict']): DirectedTest {
  const decisive = tests.filter(({ test }) => test.verdict === verdict);
  return decisive.reduce((worst, one) => (harmOf(one) > harmOf(worst) ? one : worst));
}

function harmOf({ direction, test: { estimate } }: DirectedTest): number {
  return (estimate ?? 0) * (direction === 'more' ? 1 : -1);
}

function differenceOf({ candidateOnly, championOnly }: Discordant): number {
  return candidateOnly - championOnly;
}

function failureOf(test: GateTest, pairs: PairCounts, event: Event): string {
  const [champion, candidate] = [pairs.champion[event], pairs.candidate[event]];
  const rates = `${percentText(rateOf(candidate, pairs.scored))} against ${percentText(rateOf(champion, pairs.scored))}`;
  return `the candidate's rows are ${test.test} often than the margin of ${percentText(Math.abs(test.margin))} allows: ${rates}`;
}

function sideOf(n: number, { flagged, blocked }: PairCounts['champion']): GateResult['champion'] {
  return { n, flagged, blocked, flaggedRate: rateOf(flagged, n), blockedRate: rateOf(blocked, n) };
}
