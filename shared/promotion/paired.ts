import { z } from 'zod';
import { addLogRatios, logRatiosSchema, type NullSide, outsideNull } from './e-process.ts';
import { clipRate, likeliest } from './likelihood.ts';

/** Rows that both versions were given. */
export interface PairedCounts {
  readonly n: number;
  /** The event was the candidate's alone. */
  readonly candidateOnly: number;
  /** The event was the champion's alone. */
  readonly championOnly: number;
}

export const pairedEvidenceSchema = z.object({
  /** Sums so far: where the next block's alternatives come from. */
  n: z.number(),
  candidateOnly: z.number(),
  championOnly: z.number(),
  logRatios: logRatiosSchema,
});
export type PairedEvidence = z.infer<typeof pairedEvidenceSchema>;
export const NO_PAIRED_EVIDENCE: PairedEvidence = { n: 0, candidateOnly: 0, championOnly: 0, logRatios: [] };

const HARM_RATIOS = [1.3, 2, 4];
const LEAST_RATE = 0.0005;

/** Shares of the rows with the event in the candidate alone, and in the champion alone. */
type Shares = readonly [candidateOnly: number, championOnly: number];

/** The alternatives, given what was seen before the block. */
function alternativesOf(side: NullSide, seen: Shares, margin: number): readonly Shares[] {
  const [candidateOnly, championOnly] = seen;
  if (side === 'at-most') {
    const least = Math.max(championOnly + margin, LEAST_RATE);
    return HARM_RATIOS.map((ratio) => [least * ratio, championOnly]);
  }
  const common = (candidateOnly + championOnly) / 2;
  return [
    [common, common],
    [common + margin / 3, common],
  ];
}

/**
 * Folds a block into the evidence against "candidate only - champion only is at most (or at least) the margin", at
 * every margin: a sequential form of McNemar's test with a margin, by the nearest point of the null as for two samples
 * (Turner, Ly and Grünwald, Generic E-variables for exact sequential k-sample tests that allow for optional stopping,
 * 2024; for multinomial counts Lindon and Malek, Anytime-valid inference for multinomial count data, 2022).
 */
export function foldPaired(
  evidence: PairedEvidence,
  counts: PairedCounts,
  margins: readonly number[],
  side: NullSide,
): PairedEvidence {
  const sums = {
    n: evidence.n + counts.n,
    candidateOnly: evidence.candidateOnly + counts.candidateOnly,
    championOnly: evidence.championOnly + counts.championOnly,
  };
  if (counts.n === 0) return { ...sums, logRatios: evidence.logRatios };
  const seen: Shares = [
    (evidence.candidateOnly + 0.5) / (evidence.n + 100),
    (evidence.championOnly + 0.5) / (evidence.n + 100),
  ];
  const block = margins.map((margin) =>
    alternativesOf(side, seen, margin).map((shares) => {
      const [b, c] = [clipRate(shares[0]), clipRate(shares[1])];
      return b + c < 1 && outsideNull(side, b - c, margin) ? logRatio(counts, b, c, margin) : 0;
    }),
  );
  return { ...sums, logRatios: addLogRatios(evidence.logRatios, block) };
}

/** The same rows with the roles swapped: for the test in the other direction. */
export function mirrored({ n, candidateOnly, championOnly }: PairedCounts): PairedCounts {
  return { n, candidateOnly: championOnly, championOnly: candidateOnly };
}

/** The log likelihood ratio of shares b and c to the nearest ones that differ by the margin. */
function logRatio(counts: PairedCounts, b: number, c: number, margin: number): number {
  const rest = 1 - b - c;
  const t = likeliest([b, c, rest], [margin, 0, (margin - 1) / 2], Math.max(0, -margin), (1 - margin) / 2);
  return (
    counts.candidateOnly * Math.log(b / (t + margin)) +
    counts.championOnly * Math.log(c / t) +
    (counts.n - counts.candidateOnly - counts.championOnly) * Math.log(rest / (1 - 2 * t - margin))
  );
}
