import { z } from 'zod';
import {
  type BucketCounts,
  bucketCountsSchema,
  countFrom,
  quantileBucket,
  totalCount,
} from './bucket-counts.ts';
import type { Criteria } from './criteria.ts';
import type { Block } from './evidence.ts';
import { type GateResult, percentText, rateOf } from './gate.ts';
import { judge, shortage } from './judge.ts';
import { bucketsOfRatio, latencyEdge } from './latency-sketch.ts';
import {
  foldTwoSample,
  harmfulRates,
  NO_TWO_SAMPLE_EVIDENCE,
  type TwoSampleTest,
  twoSampleEvidenceSchema,
} from './two-sample.ts';

/** Run times beyond a threshold: the champion's 95th percentile, for the canary times the greatest harmless ratio. */
export const latencyEvidenceSchema = z.object({
  /** The champion's run times of the step before, for the threshold of the first block. */
  before: bucketCountsSchema,
  /** The last bucket up to which times were not beyond the champion's threshold in the last block. */
  threshold: z.int().nullable(),
  beyond: z.object({ championN: z.int(), champion: z.int(), canaryN: z.int(), canary: z.int() }),
  fail: twoSampleEvidenceSchema,
  pass: twoSampleEvidenceSchema,
});
export type LatencyEvidence = z.infer<typeof latencyEvidenceSchema>;

const QUANTILE = 0.95;
/** Champion's times without which its percentile is no threshold worth the name. */
const LEAST_TIMES = 20;

const PRIOR = { events: 2.5, n: 50 };
const SLOWER: TwoSampleTest = { side: 'at-most', prior: PRIOR, alternatives: harmfulRates };
const NOT_SLOWER: TwoSampleTest = {
  side: 'at-least',
  prior: PRIOR,
  alternatives: (champion) => [0.1, 0.3, 0.6].map((ratio) => champion * ratio),
};

/** A step's beginning: latency is earned anew in each. @param before the champion's run times of the step before */
export function startLatency(before: BucketCounts = {}): LatencyEvidence {
  return {
    before,
    threshold: null,
    beyond: { championN: 0, champion: 0, canaryN: 0, canary: 0 },
    fail: NO_TWO_SAMPLE_EVIDENCE,
    pass: NO_TWO_SAMPLE_EVIDENCE,
  };
}

/** The champion's 95th percentile as a bucket; undefined where there are too few times for it. */
export function thresholdBucket(times: BucketCounts): number | undefined {
  return totalCount(times) < LEAST_TIMES ? undefined : quantileBucket(times, QUANTILE);
}

/**
 * Folds a block: any threshold that is known before the block is seen keeps the test valid. The ratio is rounded up to
 * a bucket for the evidence of harm and down for that of harmlessness, so that neither is told wrongly.
 * @param earlier the champion's run times of the step's earlier blocks
 */
export function foldLatency(
  evidence: LatencyEvidence,
  earlier: BucketCounts,
  { champion, canary }: Block,
  { latencyP95: { margins, maxRatio } }: Criteria,
): LatencyEvidence {
  const threshold = thresholdBucket(earlier) ?? thresholdBucket(evidence.before);
  if (threshold === undefined) return evidence;
  const { under, over } = bucketsOfRatio(maxRatio);
  const beyond = {
    champion: {
      n: totalCount(champion.runTimes),
      events: countFrom(champion.runTimes, threshold + 1),
    },
    canaryN: totalCount(canary.runTimes),
    over: countFrom(canary.runTimes, threshold + 1 + over),
    under: countFrom(canary.runTimes, threshold + 1 + under),
  };
  const counts = (events: number): Parameters<typeof foldTwoSample>[1] => ({
    champion: beyond.champion,
    canary: { n: beyond.canaryN, events },
  });
  return {
    before: evidence.before,
    threshold,
    beyond: {
      championN: evidence.beyond.championN + beyond.champion.n,
      champion: evidence.beyond.champion + beyond.champion.events,
      canaryN: evidence.beyond.canaryN + beyond.canaryN,
      canary: evidence.beyond.canary + beyond.over,
    },
    fail: foldTwoSample(evidence.fail, counts(beyond.over), margins, SLOWER),
    pass: foldTwoSample(evidence.pass, counts(beyond.under), margins, NOT_SLOWER),
  };
}

/** @param phase all blocks of the phase together */
export function judgeLatency(evidence: LatencyEvidence, phase: Block, criteria: Criteria): GateResult {
  const { beyond } = evidence;
  const tooLittle =
    shortage(beyond.canaryN, criteria.minRequests, 'timed requests of the canary') ??
    shortage(beyond.champion, criteria.minEvents, "requests beyond the champion's 95th percentile");
  const judgement = judge(evidence, criteria.latencyP95, tooLittle);
  const [before, after] = [rateOf(beyond.champion, beyond.championN), rateOf(beyond.canary, beyond.canaryN)];
  const { maxRatio } = criteria.latencyP95;
  const reason =
    judgement.verdict === 'fail'
      ? `${percentText(after)} of the canary's run times are beyond ${maxRatio} times the champion's 95th percentile, ` +
        `which ${percentText(before)} of the champion's exceed`
      : (tooLittle ?? 'the evidence does not say yet');
  return {
    gate: 'latencyP95',
    champion: timesOf(phase.champion.runTimes, before),
    canary: timesOf(phase.canary.runTimes, after),
    estimate: before === null || after === null ? null : after - before,
    ...judgement,
    ...(judgement.verdict === 'pass' ? {} : { reason }),
  };
}

/** What is shown of an arm's run times. `beyond` is the share of times beyond its threshold. */
export function timesOf(runTimes: BucketCounts, beyond: number | null): GateResult['champion'] {
  const bucket = quantileBucket(runTimes, QUANTILE);
  const p95Ms = bucket === undefined ? null : Number(latencyEdge(bucket).toPrecision(4));
  return { n: totalCount(runTimes), p95Ms: p95Ms === null || Number.isFinite(p95Ms) ? p95Ms : null, beyond };
}
