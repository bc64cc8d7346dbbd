import { z } from 'zod';
import { addLogRatios, logRatiosSchema, type NullSide, outsideNull } from './e-process.ts';
import { clipRate, likeliest } from './likelihood.ts';

/** Events among the requests of two arms in the same minutes. */
export interface TwoSampleCounts {
  readonly champion: { readonly n: number; readonly events: number };
  readonly canary: { readonly n: number; readonly events: number };
}

export const twoSampleEvidenceSchema = z.object({
  /** The champion's requests and events so far: where the next block's alternatives come from. */
  n: z.number(),
  events: z.number(),
  logRatios: logRatiosSchema,
});
export type TwoSampleEvidence = z.infer<typeof twoSampleEvidenceSchema>;
export const NO_TWO_SAMPLE_EVIDENCE: TwoSampleEvidence = { n: 0, events: 0, logRatios: [] };

/** A null, and how its alternatives are chosen before a block is seen. */
export interface TwoSampleTest {
  readonly side: NullSide;
  /** What the champion's rate is taken for before there is any: events per requests. */
  readonly prior: { readonly events: number; readonly n: number };
  /** The canary's rates, given the champion's. */
  readonly alternatives: (champion: number, margin: number) => readonly number[];
}

const HARM_RATIOS = [1.3, 1.7, 2.5, 5, 10];
const LEAST_RATE = 0.0005;
/** The canary's rates that are harm: multiples of the greatest harmless rate. */
export function harmfulRates(champion: number, margin: number): readonly number[] {
  return HARM_RATIOS.map((ratio) => Math.max(champion + margin, LEAST_RATE) * ratio);
}

const ERROR_PRIOR = { events: 0.5, n: 50 };
/** Null: the canary's rate is at most the margin above the champion's. */
export const HARM: TwoSampleTest = { side: 'at-most', prior: ERROR_PRIOR, alternatives: harmfulRates };
/** Null: the canary's rate is at least the margin above the champion's. */
export const HARMLESSNESS: TwoSampleTest = {
  side: 'at-least',
  prior: ERROR_PRIOR,
  alternatives: (champion, margin) => [champion, champion + margin / 4, champion + margin / 2, champion / 2],
};

/**
 * Folds a block into the evidence against "canary - champion is at most (or at least) the margin", at every margin.
 *
 * Turner, Ly and Grünwald, Generic E-variables for exact sequential k-sample tests that allow for optional stopping,
 * 2024; Turner and Grünwald, Exact anytime-valid confidence intervals for contingency tables and beyond, 2023.
 */
export function foldTwoSample(
  evidence: TwoSampleEvidence,
  counts: TwoSampleCounts,
  margins: readonly number[],
  test: TwoSampleTest,
): TwoSampleEvidence {
  const { champion, canary } = counts;
  const n = evidence.n + champion.n;
  const events = evidence.events + champion.events;
  // With one arm alone there is nothing to compare.
  if (champion.n === 0 || canary.n === 0) return { n, events, logRatios: evidence.logRatios };
  const rate = clipRate((evidence.events + test.prior.events) / (evidence.n + test.prior.n));
  const block = margins.map((margin) =>
    test.alternatives(rate, margin).map((alternative) => {
      const canaryRate = clipRate(alternative);
      if (!outsideNull(test.side, canaryRate - rate, margin)) return 0;
      return logRatio(counts, rate, canaryRate, margin);
    }),
  );
  return { n, events, logRatios: addLogRatios(evidence.logRatios, block) };
}

/** The log likelihood ratio of rates a and b to the nearest ones that differ by the margin. */
function logRatio({ champion, canary }: TwoSampleCounts, a: number, b: number, margin: number): number {
  const weights = [champion.n * a, canary.n * b, champion.n * (1 - a), canary.n * (1 - b)];
  const t = likeliest(weights, [0, margin, -1, margin - 1], Math.max(0, -margin), Math.min(1, 1 - margin));
  const u = t + margin;
  return (
    champion.events * Math.log(a / t) +
    (champion.n - champion.events) * Math.log((1 - a) / (1 - t)) +
    canary.events * Math.log(b / u) +
    (canary.n - canary.events) * Math.log((1 - b) / (1 - u))
  );
}
