/** One group of rows with equal scores: how many of them are positive and how many negative. */
export type VisitTies = (positives: number, negatives: number) => void;

/**
 * Walks through the rows from the highest score to the lowest, rows with equal scores together.
 *
 * @param y 1 for positive, 0 for negative
 * @throws {RangeError} when the lengths differ or a score is NaN
 */
export function visitByScore(y: Uint8Array, scores: Float64Array, visit: VisitTies): void {
  if (y.length !== scores.length) throw new RangeError(`${y.length} labels but ${scores.length} scores.`);
  // Two sorts of plain numbers are far faster than one of row numbers with a comparison function.
  const positives = scores.filter((_, row) => y[row] === 1).toSorted();
  const negatives = scores.filter((_, row) => y[row] !== 1).toSorted();
  // Typed arrays sort NaN to the end.
  if (Number.isNaN(positives.at(-1)) || Number.isNaN(negatives.at(-1)))
    throw new RangeError('A score is NaN.');

  let positive = positives.length - 1;
  let negative = negatives.length - 1;
  while (positive >= 0 || negative >= 0) {
    const score = Math.max(positives[positive] ?? -Infinity, negatives[negative] ?? -Infinity);
    const before = [positive, negative] as const;
    while (positives[positive] === score) positive -= 1;
    while (negatives[negative] === score) negative -= 1;
    visit(before[0] - positive, before[1] - negative);
  }
}
