import { hash } from 'node:crypto';
import { IdSet } from '../events/id-set.ts';
import type { CompiledContract } from '../features/compile.ts';
import type { CheckedRow } from '../features/row-values.ts';

/**
 * Tells which rows of several sources are the same transaction: those with the same id. Rows without one are told apart
 * by their values, label aside, and then a source may hold the same row more than once: of the k-th such row of every
 * source one is new. 23 to 46 bytes a row.
 */
export class RowKeys {
  readonly #contract: CompiledContract;
  readonly #labelSlot: number;
  readonly #all = new IdSet();
  #source = new IdSet();
  /** How often this source has had a row, of rows that it has more than once. */
  #repeats = new Map<string, number>();

  constructor(contract: CompiledContract) {
    this.#contract = contract;
    this.#labelSlot = contract.contract.columns.findIndex(({ role }) => role === 'label');
  }

  /** The rows that follow are of another source. */
  nextSource(): void {
    this.#source = new IdSet();
    this.#repeats = new Map();
  }

  /** @returns whether the row is none that was added before */
  add(row: CheckedRow): boolean {
    const id = this.#contract.id(row);
    if (id !== undefined) return this.#all.add(keyOf(`id:${id}`));
    const values = row.map((value, slot) => (slot === this.#labelSlot ? null : value));
    const key = keyOf(`row:${JSON.stringify(values)}`);
    if (this.#source.add(key)) return this.#all.add(key);
    const before = (this.#repeats.get(key) ?? 0) + 1;
    this.#repeats.set(key, before);
    return this.#all.add(keyOf(`${before}:${key}`));
  }
}

/** 128 bits of a text's hash, written as a UUID. */
export function keyOf(text: string): string {
  const digits = hash('sha256', text, 'hex');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20, 32)}`;
}
