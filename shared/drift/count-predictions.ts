import type { PredictionEvent } from '../events/event-schema.ts';
import type { CellValue } from '../features/row-values.ts';
import { CategoryCounter } from './count-categories.ts';
import { NumberCounter } from './count-numbers.ts';
import type { WindowHistogram } from './histogram.ts';
import { type HistogramSpec, specHash } from './histogram-spec.ts';

/** What is counted of a logged prediction. */
export type CountedPrediction = Pick<
  PredictionEvent['data'],
  'pinned' | 'truncated' | 'inputs' | 'features' | 'score' | 'decision' | 'error'
>;

type Counter = NumberCounter | CategoryCounter;

/** The names of the columns of what was decided. Roles tell them from inputs of the same name. */
export const SCORE_COLUMN = 'score';
export const FLAGGED_COLUMN = 'flagged';
export const BLOCKED_COLUMN = 'blocked';

/**
 * Counts predictions into a histogram of a spec, part by part. What failed has inputs and features but no score and no
 * decision; what a caller sent to a version of his choice is no sample of the traffic and only counted; what was sent to
 * the log a second time is a prediction like any other.
 */
export class PredictionCounter {
  readonly #hash: string;
  readonly #counters: readonly Counter[];
  readonly #numbers: readonly { readonly name: string; readonly counter: NumberCounter }[];
  readonly #texts: readonly { readonly name: string; readonly counter: CategoryCounter }[];
  readonly #features: readonly NumberCounter[];
  readonly #score: NumberCounter | undefined;
  readonly #flagged: NumberCounter | undefined;
  readonly #blocked: NumberCounter | undefined;
  readonly #label: NumberCounter | undefined;
  #rows = 0;
  #failed = 0;
  #pinned = 0;

  constructor(spec: HistogramSpec) {
    this.#hash = specHash(spec);
    this.#counters = spec.map((column) =>
      column.kind === 'categorical' ? new CategoryCounter(column) : new NumberCounter(column),
    );
    const numbersOf = (role: string) =>
      spec.flatMap(({ column: name, role: its }, index) => {
        const counter = this.#counters[index];
        return its === role && counter instanceof NumberCounter ? [{ name, counter }] : [];
      });
    this.#numbers = numbersOf('input');
    this.#texts = spec.flatMap(({ column: name, role }, index) => {
      const counter = this.#counters[index];
      return role === 'input' && counter instanceof CategoryCounter ? [{ name, counter }] : [];
    });
    this.#features = numbersOf('feature').map(({ counter }) => counter);
    this.#score = numbersOf('score')[0]?.counter;
    const decisions = numbersOf('decision');
    this.#flagged = decisions.find(({ name }) => name === FLAGGED_COLUMN)?.counter;
    this.#blocked = decisions.find(({ name }) => name === BLOCKED_COLUMN)?.counter;
    this.#label = numbersOf('label')[0]?.counter;
  }

  /** Counts a prediction of the log. */
  add({ pinned, truncated, inputs, features, score, decision, error }: CountedPrediction): void {
    if (pinned) {
      this.#pinned += 1;
      return;
    }
    this.#rows += 1;
    if (error !== undefined) this.#failed += 1;
    if (truncated !== true) this.addInputs(inputs);
    if (features.length === this.#features.length) this.addFeatures(features);
    if (score !== undefined) this.#score?.add(score);
    if (decision !== undefined) this.addDecision(decision);
  }

  /** Counts a row that is no logged prediction; its parts have to be added one by one. */
  addRow(): void {
    this.#rows += 1;
  }

  addInputs(inputs: Readonly<Record<string, CellValue>>): void {
    for (const { name, counter } of this.#numbers) {
      const value = inputs[name];
      if (typeof value === 'number') counter.add(value);
      else if (typeof value === 'boolean') counter.add(value ? 1 : 0);
      else counter.addMissing();
    }
    for (const { name, counter } of this.#texts) {
      const value = inputs[name];
      if (value === undefined || value === null) counter.addMissing();
      else counter.add(typeof value === 'string' ? value : String(value));
    }
  }

  /** @param features as many as the spec has, in its order; NaN or null is missing */
  addFeatures(features: ArrayLike<number | null>): void {
    for (let index = 0; index < this.#features.length; index += 1) {
      this.#features[index]!.add(features[index] ?? Number.NaN);
    }
  }

  addScore(score: number): void {
    this.#score?.add(score);
  }

  addDecision(decision: 'approve' | 'review' | 'block'): void {
    this.#flagged?.add(decision === 'approve' ? 0 : 1);
    this.#blocked?.add(decision === 'block' ? 1 : 0);
  }

  addLabel(label: 0 | 1): void {
    this.#label?.add(label);
  }

  /** What was counted so far. */
  taken(): WindowHistogram {
    return {
      specHash: this.#hash,
      rows: this.#rows,
      failed: this.#failed,
      pinned: this.#pinned,
      columns: this.#counters.map((counter) => counter.taken()),
    };
  }
}
