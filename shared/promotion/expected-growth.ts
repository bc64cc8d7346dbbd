import type { Criteria, Criterion } from './criteria.ts';
import { logE } from './e-process.ts';
import { foldPaired, NO_PAIRED_EVIDENCE } from './paired.ts';
import { foldTwoSample, HARM, HARMLESSNESS, NO_TWO_SAMPLE_EVIDENCE } from './two-sample.ts';

/** Requests per minute that reach each arm. */
export interface ArmTraffic {
  readonly champion: number;
  readonly canary: number;
}

/** Looks that are tried: their sizes grow, so that a few hundred reach from a minute to years. */
const MAX_LOOKS = 400;
const GROWTH = 1.03;

/**
 * Minutes until a gate fails (or passes) when each look brings exactly what is expected of it: about the median of what
 * random traffic takes. Infinite where the evidence does not get there.
 */
function minutesUntil(lookEvery: number, threshold: number, fold: (minutes: number) => number): number {
  let minutes = 0;
  let every = lookEvery;
  for (let look = 0; look < MAX_LOOKS; look += 1) {
    minutes += every;
    if (fold(every) >= threshold) return minutes;
    every = Math.max(lookEvery, minutes * (GROWTH - 1));
  }
  return Number.POSITIVE_INFINITY;
}

/**
 * Minutes until the errors gate tells, with both arms served.
 * @param rates true error rates
 */
export function minutesToJudgeErrors(
  traffic: ArmTraffic,
  rates: ArmTraffic,
  { errorRate }: Criteria,
  verdict: 'fail' | 'pass',
  lookEvery: number,
): number {
  if (traffic.champion <= 0 || traffic.canary <= 0) return Number.POSITIVE_INFINITY;
  let evidence = NO_TWO_SAMPLE_EVIDENCE;
  return minutesUntil(lookEvery, thresholdOf(errorRate, verdict), (minutes) => {
    const arm = (side: keyof ArmTraffic): { n: number; events: number } => ({
      n: traffic[side] * minutes,
      events: traffic[side] * minutes * rates[side],
    });
    const counts = { champion: arm('champion'), canary: arm('canary') };
    evidence = foldTwoSample(evidence, counts, [errorRate.margin], verdict === 'fail' ? HARM : HARMLESSNESS);
    return logE(evidence.logRatios, 0);
  });
}

/**
 * Minutes until one of the tests on pairs tells.
 * @param pairs rows per minute that both versions are given
 * @param shares of the rows, with the event in one version alone
 */
export function minutesToJudgePairs(
  pairs: number,
  shares: { readonly candidateOnly: number; readonly championOnly: number },
  criterion: Criterion,
  verdict: 'fail' | 'pass',
  lookEvery: number,
): number {
  if (pairs <= 0) return Number.POSITIVE_INFINITY;
  let evidence = NO_PAIRED_EVIDENCE;
  return minutesUntil(lookEvery, thresholdOf(criterion, verdict), (minutes) => {
    const n = pairs * minutes;
    const counts = { n, candidateOnly: n * shares.candidateOnly, championOnly: n * shares.championOnly };
    evidence = foldPaired(evidence, counts, [criterion.margin], verdict === 'fail' ? 'at-most' : 'at-least');
    return logE(evidence.logRatios, 0);
  });
}

function thresholdOf({ logFail, logPass }: Criterion, verdict: 'fail' | 'pass'): number {
  return verdict === 'fail' ? logFail : logPass;
}
