import { parseTimestamp } from '../../features/timestamp.ts';
import type { FileCell } from '../table.ts';

/** What the expectations need to keep of one column's values; only what one of them asks for is kept. */
export class ColumnValues {
  rows = 0;
  missing = 0;
  /** Each value with how often it is there; undefined where nobody asks. */
  readonly counts: Map<FileCell, number> | undefined;
  readonly numbers: Numbers | undefined;

  constructor(keep: { counts: boolean; numbers: boolean }) {
    this.counts = keep.counts ? new Map() : undefined;
    this.numbers = keep.numbers ? new Numbers() : undefined;
  }

  add(value: FileCell): void {
    this.rows += 1;
    if (value === null) {
      this.missing += 1;
      return;
    }
    this.counts?.set(value, (this.counts.get(value) ?? 0) + 1);
    if (this.numbers === undefined) return;
    const number = measureOf(value);
    if (number !== undefined) this.numbers.add(number);
  }
}

/** A value as a number: a boolean as 0 or 1, a time in epoch milliseconds; undefined for any other text. */
export function measureOf(value: FileCell): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (value === null) return undefined;
  const time = parseTimestamp(value);
  return Number.isNaN(time) ? undefined : time;
}

/** Numbers in the order in which they came, 8 bytes each. */
export class Numbers {
  #values = new Float64Array(1_024);
  #length = 0;
  #sorted: Float64Array | undefined;

  get length(): number {
    return this.#length;
  }

  add(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
    this.#sorted = undefined;
  }

  values(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }

  mean(): number {
    let sum = 0;
    for (const value of this.values()) sum += value;
    return sum / this.#length;
  }

  /** Of a sample: divided by one less than its size. */
  standardDeviation(): number {
    const mean = this.mean();
    let sum = 0;
    for (const value of this.values()) sum += (value - mean) ** 2;
    return Math.sqrt(sum / (this.#length - 1));
  }

  median(): number {
    const sorted = this.sorted();
    const middle = (sorted.length - 1) / 2;
    return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
  }

  /** The value whose place is nearest to share × (n − 1); of two as near, the one at the even place. */
  quantile(share: number): number {
    const sorted = this.sorted();
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const up = place - below > 0.5 || (place - below === 0.5 && below % 2 === 1);
    return sorted[up ? below + 1 : below] ?? Number.NaN;
  }

  sorted(): Float64Array {
    return (this.#sorted ??= this.values().slice().sort());
  }
}
