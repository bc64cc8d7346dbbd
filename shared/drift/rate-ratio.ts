import type { ColumnEvidence, RateEvidence } from './column-evidence.ts';

/**
 * How many times as large or as small a share has become, at least 1: of the rarer side, since whether 90 % are present
 * or 10 % are missing is the same. Half a row is added to each side, so that nothing is divided by 0.
 */
export function rateRatio(
  { reference, current }: Pick<RateEvidence, 'reference' | 'current'>,
  rows: ColumnEvidence['rows'],
): number {
  const rarer = (share: number) => (reference <= 0.5 ? share : 1 - share);
  const smoothed = (share: number, n: number) => (share * n + 0.5) / (n + 1);
  const ratio =
    smoothed(rarer(current), rows.current) / Math.max(smoothed(rarer(reference), rows.reference), 1e-12);
  return Math.max(ratio, 1 / ratio);
}
