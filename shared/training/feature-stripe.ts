import { binColumns } from './binned-columns.ts';
import type { FitJob } from './fit-job.ts';
import { BIN_CELLS } from './histogram.ts';
import type { RowCells } from './histogram.ts';

/** The neighbouring features that one thread makes histograms of. */
export interface FeatureStripe {
  /** First feature. */
  readonly first: number;
  /** Where each feature's bins begin in a histogram, in cells; one more at the end: the histogram's length. */
  readonly starts: Uint32Array;
  readonly rowCells: RowCells;
}

/** The part of `count` things that falls to one of `threads`: from (inclusive) and to (exclusive). */
export function share(count: number, thread: number, threads: number): [from: number, to: number] {
  return [Math.floor((count * thread) / threads), Math.floor((count * (thread + 1)) / threads)];
}

/** Bins this thread's share of the features: into shared memory by column, and into memory of its own by row. */
export function binStripe({ thread, params, train, memory }: FitJob): FeatureStripe {
  const [first, end] = share(train.x.columns, thread, params.threads);
  binColumns(train.x, memory, [first, end], params);
  const starts = new Uint32Array(end - first + 1);
  for (let i = 0; i < end - first; i += 1) {
    const bins = memory.thresholdCounts[first + i]! + 1 + memory.hasMissing[first + i]!;
    starts[i + 1] = starts[i]! + bins * BIN_CELLS;
  }
  return { first, starts, rowCells: rowMajor(memory.bins, train.x.rows, first, starts) };
}

function rowMajor(bins: Uint8Array, rows: number, first: number, starts: Uint32Array): RowCells {
  const width = starts.length - 1;
  const cells = starts[width]! <= 2 ** 16 ? new Uint16Array(rows * width) : new Uint32Array(rows * width);
  for (let i = 0; i < width; i += 1) {
    const column = (first + i) * rows;
    for (let row = 0; row < rows; row += 1)
      cells[row * width + i] = starts[i]! + bins[column + row]! * BIN_CELLS;
  }
  return { width, cells };
}
