import type { Split } from './split.ts';

/** The training rows in an order in which every node's rows lie beside each other. */
export interface RowPartition {
  readonly rows: Uint32Array;
  /** Back to the rows' own order. */
  reset(): void;
  /** Puts the rows that go left first, otherwise in their old order; returns where the others begin. */
  divide(
    from: number,
    to: number,
    split: Pick<Split, 'feature' | 'bin' | 'missingLeft'>,
    missingBin: number,
  ): number;
}

/** @param bins the bin of every value, column-major */
export function createRowPartition(bins: Uint8Array, count: number): RowPartition {
  const rows = new Uint32Array(count);
  const others = new Uint32Array(count);
  return {
    rows,
    reset: () => {
      for (let row = 0; row < count; row += 1) rows[row] = row;
    },
    divide: (from, to, { feature, bin, missingLeft }, missingBin) => {
      const column = feature * count;
      const missingGoesLeft = missingLeft ? missingBin : -1;
      let left = from;
      let right = 0;
      for (let i = from; i < to; i += 1) {
        const row = rows[i]!;
        const value = bins[column + row]!;
        // Both are written and one place moves on: no branch for the processor to guess wrong.
        rows[left] = row;
        others[right] = row;
        const goesLeft = Number(value <= bin || value === missingGoesLeft);
        left += goesLeft;
        right += 1 - goesLeft;
      }
      rows.set(others.subarray(0, right), left);
      return left;
    },
  };
}
