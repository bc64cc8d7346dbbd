/** The predictions with one score, and what turned out to be true of them. */
export interface ScoreCell {
  readonly score: number;
  predictions: number;
  positives: number;
  negatives: number;
  /** Blocked, and nobody knows what they would have been. */
  blocked: number;
}

/** What is known of a prediction. */
export type KnownOutcome = 'positive' | 'negative' | 'blocked' | 'unknown';

/** So many different scores are told apart exactly. */
export const MAX_SCORES = 65_536;
/** Beyond that, steps of 1/2048 of a power of two, down to 2⁻³⁰: 61,442 scores at most. */
const STEPS = 2_048;
const LOWEST_EXPONENT = -30;

/**
 * Counts predictions by score, in the memory of at most `MAX_SCORES` cells however many there are. Where there are more
 * different scores, neighbours within a part of 2,048 become one score: an area under the ROC curve then counts pairs of
 * them half, which moves it by less than the share of such pairs.
 */
export class ScoreTally {
  #cells = new Map<number, ScoreCell>();
  #coarse = false;

  /** @param score from 0 to 1 */
  add(score: number, outcome: KnownOutcome): void {
    const cell = this.#cellOf(this.keyOf(score));
    cell.predictions += 1;
    if (outcome === 'positive') cell.positives += 1;
    else if (outcome === 'negative') cell.negatives += 1;
    else if (outcome === 'blocked') cell.blocked += 1;
    if (this.#cells.size > MAX_SCORES) this.#coarsen();
  }

  /** The score that stands for a score. */
  keyOf(score: number): number {
    return this.#coarse ? coarse(score) : score;
  }

  /** From the highest score to the lowest. */
  cells(): readonly Readonly<ScoreCell>[] {
    return [...this.#cells.values()].sort((left, right) => right.score - left.score);
  }

  #cellOf(score: number): ScoreCell {
    let cell = this.#cells.get(score);
    if (cell === undefined) {
      cell = { score, predictions: 0, positives: 0, negatives: 0, blocked: 0 };
      this.#cells.set(score, cell);
    }
    return cell;
  }

  #coarsen(): void {
    const fine = this.#cells;
    this.#cells = new Map();
    this.#coarse = true;
    for (const { score, predictions, positives, negatives, blocked } of fine.values()) {
      const cell = this.#cellOf(coarse(score));
      cell.predictions += predictions;
      cell.positives += positives;
      cell.negatives += negatives;
      cell.blocked += blocked;
    }
  }
}

/** Rises with the score, or stays. */
function coarse(score: number): number {
  if (score < 2 ** LOWEST_EXPONENT) return 0;
  const step = 2 ** Math.floor(Math.log2(score)) / STEPS;
  return Math.floor(score / step) * step;
}
