import type { PredictionEvent } from '../events/event-schema.ts';
import { murmur3 } from '../registry/murmur3.ts';
import type { RankedGroup } from './ranked-areas.ts';
import { type KnownOutcome, type ScoreCell, ScoreTally } from './score-tally.ts';

/** Rows with one score. */
export interface RankedCell extends RankedGroup {
  readonly score: number;
}

/** Positive rows one by one. */
export interface PositiveRows {
  readonly scores: readonly number[];
  /** A 32-bit hash of each row's account. */
  readonly accounts: readonly number[];
  readonly flagged: readonly boolean[];
}

/** Flagged (reviewed or blocked) is what a decision says; positive what turned out to be true. */
export interface Confusion {
  readonly tp: number;
  readonly fp: number;
  readonly tn: number;
  readonly fn: number;
}

/** So many positive rows are kept one by one: they tell how far those of one account come together. */
export const MAX_POSITIVES = 65_536;

/** What one version's predictions of one window come to, in bounded memory. */
export class WindowTally {
  /** Rows that were scored. */
  predictions = 0;
  /** Requests that got no score. */
  failed = 0;
  labels = 0;
  /** Without a label when labels had matured, and so taken for negative. */
  assumedNegative = 0;
  readonly blocked = { predictions: 0, labels: 0 };
  readonly confusion = { tp: 0, fp: 0, tn: 0, fn: 0 };
  /** Sums of scores: what a calibrated model expects of positives. */
  readonly expected = { all: 0, flagged: 0, known: 0 };
  flagged = 0;
  readonly #scores = new ScoreTally();
  readonly #positiveScores: number[] = [];
  readonly #positiveAccounts: number[] = [];
  readonly #positiveFlags: boolean[] = [];
  readonly #entity: string | undefined;

  /** @param entity the column that names the account */
  constructor(entity: string | undefined) {
    this.#entity = entity;
  }

  /**
   * @param label as somebody sent it
   * @param assumed whether a row without a label counts as negative
   */
  add({ id, data }: PredictionEvent, label: 0 | 1 | undefined, assumed: boolean): void {
    const { score, decision } = data;
    if (score === undefined || data.error !== undefined) {
      this.failed += 1;
      return;
    }
    const isBlocked = decision === 'block';
    const isFlagged = isBlocked || decision === 'review';
    this.predictions += 1;
    this.expected.all += score;
    if (isFlagged) {
      this.flagged += 1;
      this.expected.flagged += score;
    }
    if (isBlocked) this.blocked.predictions += 1;
    if (label !== undefined) {
      this.labels += 1;
      if (isBlocked) this.blocked.labels += 1;
    }
    const outcome = outcomeOf(label, isBlocked, assumed);
    this.#scores.add(score, outcome);
    if (outcome === 'blocked' || outcome === 'unknown') return;
    if (label === undefined) this.assumedNegative += 1;
    this.expected.known += score;
    this.confusion[cellOf(isFlagged, outcome)] += 1;
    if (outcome === 'positive' && this.#positiveScores.length < MAX_POSITIVES) {
      this.#positiveScores.push(score);
      this.#positiveAccounts.push(this.#accountOf(id, data.inputs));
      this.#positiveFlags.push(isFlagged);
    }
  }

  /** From the highest score to the lowest. */
  cells(): readonly Readonly<ScoreCell>[] {
    return this.#scores.cells();
  }

  /** The positive rows by the scores of the cells: the first `MAX_POSITIVES` of them. */
  positiveRows(): PositiveRows {
    const scores = this.#positiveScores.map((score) => this.#scores.keyOf(score));
    return { scores, accounts: this.#positiveAccounts, flagged: this.#positiveFlags };
  }

  #accountOf(id: string, inputs: PredictionEvent['data']['inputs']): number {
    const account = this.#entity === undefined ? undefined : inputs[this.#entity];
    const bytes = Buffer.from(account === undefined ? `row ${id}` : `account ${account}`);
    return murmur3(bytes, bytes.length, 0);
  }
}

function outcomeOf(label: 0 | 1 | undefined, isBlocked: boolean, assumed: boolean): KnownOutcome {
  if (label !== undefined) return label === 1 ? 'positive' : 'negative';
  // A payment that was not made cannot turn out to be good.
  if (isBlocked) return 'blocked';
  return assumed ? 'negative' : 'unknown';
}

function cellOf(isFlagged: boolean, outcome: 'positive' | 'negative'): keyof Confusion {
  if (outcome === 'positive') return isFlagged ? 'tp' : 'fn';
  return isFlagged ? 'fp' : 'tn';
}
