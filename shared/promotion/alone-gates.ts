import { z } from 'zod';
import { countFrom, totalCount } from './bucket-counts.ts';
import { upperRate } from './clopper-pearson.ts';
import type { Criteria } from './criteria.ts';
import type { Block } from './evidence.ts';
import { type GateResult, percentText, rateOf } from './gate.ts';
import { shortage } from './judge.ts';
import { thresholdBucket, timesOf } from './latency-gate.ts';
import { bucketsOfRatio } from './latency-sketch.ts';
import { foldOneSample, oneSampleLogE } from './one-sample.ts';

/**
 * Errors and latency where the canary has all the traffic: no champion runs beside it, so its rates are held to the
 * upper bound of the champion's in the last step that both shared, plus the margin. This assumes that conditions have
 * not changed since then, so it can only fail; what passes was shown before.
 */
export const aloneEvidenceSchema = z.object({
  errors: z.object({ n: z.int(), events: z.int() }),
  /** `bucket` is the champion's threshold, `events` its times beyond. Null where there were too few. */
  times: z.object({ bucket: z.int(), n: z.int(), events: z.int() }).nullable(),
  beyond: z.object({ n: z.int(), events: z.int() }),
  errorLogRatios: z.array(z.number()).readonly(),
  timeLogRatios: z.array(z.number()).readonly(),
});
export type AloneEvidence = z.infer<typeof aloneEvidenceSchema>;

/** How sure it is that the champion's share is not above its bound. */
const CONFIDENCE = 0.99;

/** @param shared all blocks of the last step in which both versions served requests */
export function startAlone({ champion }: Block): AloneEvidence {
  const bucket = thresholdBucket(champion.runTimes);
  return restartAlone({
    errors: { n: champion.n, events: champion.failures },
    times:
      bucket === undefined
        ? null
        : { bucket, n: totalCount(champion.runTimes), events: countFrom(champion.runTimes, bucket + 1) },
  });
}

/** The same reference, with the evidence afresh. */
export function restartAlone({ errors, times }: Pick<AloneEvidence, 'errors' | 'times'>): AloneEvidence {
  return { errors, times, beyond: { n: 0, events: 0 }, errorLogRatios: [], timeLogRatios: [] };
}

export function foldAlone(
  evidence: AloneEvidence,
  { canary }: Block,
  { errorRate, latencyP95 }: Criteria,
): AloneEvidence {
  const { errors, times } = evidence;
  const failures = { n: canary.n, events: canary.failures };
  const folded = {
    ...evidence,
    errorLogRatios: foldOneSample(
      evidence.errorLogRatios,
      failures,
      upperRate(errors.events, errors.n, CONFIDENCE) + errorRate.margin,
    ),
  };
  if (times === null) return folded;
  const beyond = {
    n: totalCount(canary.runTimes),
    events: countFrom(canary.runTimes, times.bucket + 1 + bucketsOfRatio(latencyP95.maxRatio).over),
  };
  return {
    ...folded,
    beyond: { n: evidence.beyond.n + beyond.n, events: evidence.beyond.events + beyond.events },
    timeLogRatios: foldOneSample(
      evidence.timeLogRatios,
      beyond,
      upperRate(times.events, times.n, CONFIDENCE),
    ),
  };
}

/** @param phase all blocks of the phase together */
export function judgeAlone(evidence: AloneEvidence, phase: Block, criteria: Criteria): readonly GateResult[] {
  const { canary } = phase;
  const { errors, times, beyond } = evidence;
  const tooLittle = shortage(canary.n, criteria.minRequests, 'requests of the canary');
  const [errorsBefore, errorsNow] = [rateOf(errors.events, errors.n), rateOf(canary.failures, canary.n)];
  const [beyondBefore, beyondNow] = [
    rateOf(times?.events ?? 0, times?.n ?? 0),
    rateOf(beyond.events, beyond.n),
  ];
  const nothing = { lower: null, upper: null };
  return [
    {
      gate: 'errorRate',
      champion: { n: errors.n, failures: errors.events, rate: errorsBefore },
      canary: { n: canary.n, failures: canary.failures, rate: errorsNow, fallbacks: canary.fallbacks },
      estimate: difference(errorsNow, errorsBefore),
      ...nothing,
      margin: criteria.errorRate.margin,
      ...verdictOf(
        evidence.errorLogRatios,
        criteria,
        tooLittle ?? shortage(errors.n, 1, 'requests of the champion in the step before'),
        `the canary fails in ${percentText(errorsNow)}, the champion did in ${percentText(errorsBefore)}`,
      ),
    },
    {
      gate: 'latencyP95',
      champion: { n: times?.n ?? 0, beyond: beyondBefore },
      canary: timesOf(canary.runTimes, beyondNow),
      estimate: difference(beyondNow, beyondBefore),
      ...nothing,
      margin: 0,
      ...verdictOf(
        evidence.timeLogRatios,
        criteria,
        tooLittle ?? (times === null ? 'no run times of the champion in the step before' : undefined),
        `${percentText(beyondNow)} of the canary's run times are beyond ${criteria.latencyP95.maxRatio} times the ` +
          `champion's 95th percentile, which ${percentText(beyondBefore)} of the champion's exceeded`,
      ),
    },
  ];
}

function verdictOf(
  logRatios: readonly number[],
  criteria: Criteria,
  tooLittle: string | undefined,
  failure: string,
): Pick<GateResult, 'verdict' | 'reason'> {
  if (oneSampleLogE(logRatios) >= criteria.alone.logFail) return { verdict: 'fail', reason: failure };
  return tooLittle === undefined ? { verdict: 'pass' } : { verdict: 'inconclusive', reason: tooLittle };
}

function difference(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before;
}
