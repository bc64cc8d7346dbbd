import type { Criterion } from './criteria.ts';
import { logE, type LogRatios, lowerBound, upperBound } from './e-process.ts';
import type { Verdict } from './gate.ts';

/** The evidence of harm in this phase, and of harmlessness in the promotion. */
export interface Evidence {
  readonly fail: { readonly logRatios: LogRatios };
  readonly pass: { readonly logRatios: LogRatios };
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly margin: number;
}

/** What the evidence of one comparison says. There is no passing where `tooLittle` says what is missing. */
export function judge(evidence: Evidence, criterion: Criterion, tooLittle: string | undefined): Judgement {
  const { margin, margins, place, logFail, logPass } = criterion;
  const failed = logE(evidence.fail.logRatios, place) >= logFail;
  const passed = logE(evidence.pass.logRatios, place) >= logPass;
  return {
    verdict: failed ? 'fail' : passed && tooLittle === undefined ? 'pass' : 'inconclusive',
    lower: lowerBound(evidence.fail.logRatios, margins, logFail),
    upper: upperBound(evidence.pass.logRatios, margins, logPass),
    margin,
  };
}

/** What is missing before a gate may pass; undefined where nothing is. */
export function shortage(had: number, least: number, what: string): string | undefined {
  return had < least ? `${had} of at least ${least} ${what}` : undefined;
}
