import type { CategoricalSpec } from './histogram-spec.ts';
import { type CategoricalCounts, categoryPlaces } from './histogram.ts';
import { UnseenValues } from './unseen-values.ts';

/** Counts the values of a column of categories. */
export class CategoryCounter {
  readonly #codes: ReadonlyMap<string, number>;
  readonly #counts: Float64Array;
  readonly #other: number;
  readonly #missing: number;
  /** Only a column that is tested needs the names of the others. */
  readonly #unseen: UnseenValues | undefined;

  constructor(spec: CategoricalSpec) {
    const { other, missing } = categoryPlaces(spec);
    this.#codes = new Map(spec.categories.map((category, code) => [category, code]));
    this.#counts = new Float64Array(spec.categories.length + 2);
    this.#other = other;
    this.#missing = missing;
    this.#unseen = spec.untested === undefined ? new UnseenValues() : undefined;
  }

  addMissing(): void {
    this.#counts[this.#missing]! += 1;
  }

  add(value: string): void {
    const code = this.#other === 0 ? undefined : this.#codes.get(value);
    this.#counts[code ?? this.#other]! += 1;
    if (code === undefined) this.#unseen?.add(value);
  }

  /** What was counted so far. */
  taken(): CategoricalCounts {
    return { kind: 'categorical', counts: this.#counts.slice(), unseen: this.#unseen?.values() ?? [] };
  }
}
