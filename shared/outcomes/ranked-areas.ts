/** Rows with one score: how many of them are positive and how many negative. Shares of rows count too. */
export interface RankedGroup {
  readonly positives: number;
  readonly negatives: number;
}

export interface RankedAreas {
  /** NaN unless both classes are there. */
  readonly aucRoc: number;
  /** NaN without a positive row. */
  readonly averagePrecision: number;
}

/**
 * The area under the ROC curve, equal scores counting half, and the average precision Σ (Rₙ − Rₙ₋₁) Pₙ: those of
 * `training/metrics.ts`, of rows that are counted by score already.
 * @param groups from the highest score to the lowest
 */
export function areasOf(groups: Iterable<RankedGroup>): RankedAreas {
  let above = 0;
  let selected = 0;
  let negatives = 0;
  let wins = 0;
  let precisions = 0;
  for (const group of groups) {
    wins += group.negatives * (above + group.positives / 2);
    above += group.positives;
    negatives += group.negatives;
    selected += group.positives + group.negatives;
    if (group.positives > 0) precisions += (group.positives * above) / selected;
  }
  return { aucRoc: wins / (above * negatives), averagePrecision: precisions / above };
}
