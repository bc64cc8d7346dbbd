import { areasOf } from './ranked-areas.ts';
import type { PositiveRows, RankedCell } from './window-tally.ts';

/**
 * The standard error of an area under the ROC curve, from rows that are counted by score (DeLong, DeLong,
 * Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating characteristic curves", 1988).
 * Positive rows of one account are added up before they are squared, since they are no independent witnesses (Obuchowski,
 * "Nonparametric analysis of clustered ROC curve data", 1997); of the negative ones, whose part is small, each counts as
 * one of its own.
 * @param cells from the highest score to the lowest
 * @param rows the positive rows, or enough of them; where it is absent, each counts as one of its own
 * @returns NaN where a class has fewer than two rows
 */
export function aucError(cells: readonly RankedCell[], rows?: PositiveRows): number {
  const { aucRoc } = areasOf(cells);
  const [m, n] = [sumOf(cells, 'positives'), sumOf(cells, 'negatives')];
  if (m < 2 || n < 2) return Number.NaN;
  let positivesAbove = 0;
  let negativesAbove = 0;
  let ofPositives = 0;
  let ofNegatives = 0;
  const placements = new Map<number, number>();
  for (const { score, positives, negatives } of cells) {
    const right = (n - negativesAbove - negatives / 2) / n;
    placements.set(score, right);
    ofPositives += positives * (right - aucRoc) ** 2;
    ofNegatives += negatives * ((positivesAbove + positives / 2) / m - aucRoc) ** 2;
    positivesAbove += positives;
    negativesAbove += negatives;
  }
  const single = ofPositives / (m - 1) / m;
  const clustered =
    rows === undefined ? single : clusteredVariance(rows, placements, aucRoc) * (rows.scores.length / m);
  return Math.sqrt(clustered + ofNegatives / (n - 1) / n);
}

function clusteredVariance(
  { scores, accounts }: PositiveRows,
  placements: ReadonlyMap<number, number>,
  aucRoc: number,
): number {
  const sums = new Map<number, number>();
  for (const [row, account] of accounts.entries()) {
    const placement = placements.get(scores[row] ?? Number.NaN) ?? aucRoc;
    sums.set(account, (sums.get(account) ?? 0) + placement - aucRoc);
  }
  let squares = 0;
  for (const sum of sums.values()) squares += (sum / scores.length) ** 2;
  return (squares * sums.size) / (sums.size - 1);
}

function sumOf(cells: readonly RankedCell[], member: 'positives' | 'negatives'): number {
  return cells.reduce((sum, cell) => sum + cell[member], 0);
}
