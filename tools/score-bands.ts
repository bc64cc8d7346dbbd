/** Scores from `from` up to but not including `to`. */
export interface ScoreBand {
  readonly from: number;
  readonly to: number;
  /** Of the rows that the band was made from. */
  readonly share: number;
}

interface Tie {
  readonly score: number;
  /** How many rows have a lower score. */
  readonly below: number;
}

/**
 * A band of scores that holds about this share of the rows, as near to the middle of them as there is one. Rows with
 * equal scores are in it together.
 * @param scores the scores of a model, as float32
 * @param outside a score that the band must not hold
 * @throws RangeError where no band holds between half and twice the share
 */
export function bandOf(scores: Float32Array, share: number, outside: number): ScoreBand {
  const ties = tiesOf(scores);
  const rows = scores.length;
  let best: (ScoreBand & { readonly distance: number }) | undefined;
  let end = 0;
  for (const [start, from] of ties.entries()) {
    end = Math.max(end, start + 1);
    const sizeUpTo = (index: number): number => (ties[index]?.below ?? rows) - from.below;
    while (
      end < ties.length - 1 &&
      Math.abs(sizeUpTo(end + 1) / rows - share) <= Math.abs(sizeUpTo(end) / rows - share)
    )
      end++;
    const to = ties[end];
    if (to === undefined) break;
    if (from.score <= outside && outside < to.score) continue;
    const found = sizeUpTo(end) / rows;
    const off = Math.round((Math.abs(found - share) / share) * 10);
    const distance = off + Math.abs((from.below + to.below) / (2 * rows) - 0.5);
    if (best === undefined || distance < best.distance)
      best = { from: from.score, to: to.score, share: found, distance };
  }
  if (best === undefined || best.share < share / 2 || best.share > share * 2)
    throw new RangeError(`No band of scores holds ${share} of the ${rows} rows`);
  const { distance: _, ...band } = best;
  return band;
}

/** The score that about this share of the rows reaches. @throws RangeError where all rows score the same */
export function thresholdFor(
  scores: Float32Array,
  share: number,
): { readonly score: number; readonly share: number } {
  const rows = scores.length;
  const reached = tiesOf(scores).map(({ score, below }) => ({ score, share: (rows - below) / rows }));
  return reached.reduce((best, one) =>
    Math.abs(one.share - share) < Math.abs(best.share - share) ? one : best,
  );
}

function tiesOf(scores: Float32Array): Tie[] {
  const ties: Tie[] = [];
  for (const [below, score] of scores.toSorted().entries())
    if (score !== ties.at(-1)?.score) ties.push({ score, below });
  return ties;
}
