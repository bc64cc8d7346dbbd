import type { Problem } from '../failure.ts';
import { RowsFault } from './labelled-rows.ts';

/** Counts what is wrong with rows, by column, so that a million bad rows make a short message. */
export class RowFaults {
  readonly #label: string | undefined;
  readonly #columns = new Map<string, { rows: number; first: string; place: string }>();
  #rows = 0;

  /** @param label the column that a row without problems was refused for */
  constructor(label: string | undefined) {
    this.#label = label;
  }

  /** @param problems none where only the label is missing */
  add(problems: readonly Problem[], place: () => string): void {
    this.#rows += 1;
    const found =
      problems.length === 0
        ? [{ path: `/${this.#label}`, message: 'is missing: a label is needed' }]
        : problems;
    for (const { path, message } of found) {
      const known = this.#columns.get(path);
      if (known === undefined) this.#columns.set(path, { rows: 1, first: message, place: place() });
      else known.rows += 1;
    }
  }

  /** @throws RowsFault that names each column with problems, how many rows have them, and the first of those */
  throwIfAny(rows: number): void {
    if (this.#rows === 0) return;
    const share = ((100 * this.#rows) / rows).toFixed(2);
    const columns = [...this.#columns].map(
      ([path, { rows: count, first, place }]) =>
        `  ${path.slice(1)}: ${count} rows, first on ${place}: ${first}`,
    );
    throw new RowsFault(`${this.#rows} of ${rows} rows (${share} %) cannot be used:\n${columns.join('\n')}`);
  }
}
