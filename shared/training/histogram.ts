/**
 * A histogram of gradients: for every bin of every feature of a stripe, three numbers beside each other: the sum of
 * gradients, the sum of hessians, and the number of rows.
 */
export type Histogram = Float64Array;

/** Numbers per bin. */
export const BIN_CELLS = 3;

/** For each row the cells of its bins, one per feature of the stripe: row-major, so that a row is one cache line. */
export interface RowCells {
  readonly width: number;
  readonly cells: Uint16Array | Uint32Array;
}

/**
 * Fills the histogram from the rows `rows[from]` to `rows[to - 1]`.
 *
 * @param gradients gradient and hessian of these rows, beginning at index 0: gathered, since random reads cost more
 */
export function fillHistogram(
  histogram: Histogram,
  { width, cells }: RowCells,
  rows: Uint32Array,
  from: number,
  to: number,
  gradients: Float64Array,
  hessians: Float64Array,
): void {
  histogram.fill(0);
  for (let i = from; i < to; i += 1) {
    const gradient = gradients[i - from]!;
    const hessian = hessians[i - from]!;
    const begin = rows[i]! * width;
    const end = begin + width;
    for (let j = begin; j < end; j += 1) {
      const cell = cells[j]!;
      histogram[cell] = histogram[cell]! + gradient;
      histogram[cell + 1] = histogram[cell + 1]! + hessian;
      histogram[cell + 2] = histogram[cell + 2]! + 1;
    }
  }
}

/** Turns a parent's histogram into that of one child by taking away the other child's. */
export function subtractHistogram(parent: Histogram, child: Histogram): void {
  for (let i = 0; i < parent.length; i += 1) parent[i] = parent[i]! - child[i]!;
}
