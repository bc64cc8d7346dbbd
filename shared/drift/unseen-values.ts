import { murmur3 } from '../registry/murmur3.ts';

/** Values that are kept by name. */
export const MAX_UNSEEN = 64;
/** A set grows so far before it is cut back. */
const CUT_AT = 8 * MAX_UNSEEN;

export interface UnseenValue {
  readonly value: string;
  readonly rows: number;
}

/**
 * Values that the reference did not have, with their rows. All of them up to 64; of more, those with the least hashes: a
 * value among the least of a whole is among the least of every part, so sets merge without loss, in whichever order.
 *
 * Cohen and Kaplan, Summarizing data using bottom-k sketches, 2007.
 */
export class UnseenValues {
  readonly #rows = new Map<string, number>();

  constructor(values: Iterable<UnseenValue> = []) {
    for (const { value, rows } of values) this.add(value, rows);
  }

  add(value: string, rows = 1): void {
    this.#rows.set(value, (this.#rows.get(value) ?? 0) + rows);
    if (this.#rows.size <= CUT_AT) return;
    const kept = this.values();
    this.#rows.clear();
    for (const one of kept) this.#rows.set(one.value, one.rows);
  }

  /** In the order of their hashes. */
  values(): UnseenValue[] {
    return [...this.#rows]
      .map(([value, rows]) => ({ value, rows, hash: hashOf(value) }))
      .sort((a, b) => a.hash - b.hash || (a.value < b.value ? -1 : 1))
      .slice(0, MAX_UNSEEN)
      .map(({ value, rows }) => ({ value, rows }));
  }
}

function hashOf(text: string): number {
  const bytes = Buffer.from(text);
  return murmur3(bytes, bytes.length, 0);
}
