import { binThresholds, createBinner, MAX_THRESHOLDS, sortedColumn } from './binning.ts';
import type { FitJob } from './fit-job.ts';
import { BIN_CELLS } from './histogram.ts';
import type { RowCells } from './histogram.ts';
import { createRandom, sampleAscending } from './random.ts';

/** Rows that quantiles are taken from when there are more (scikit-learn's figure). */
const QUANTILE_ROWS = 200_000;

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

/**
 * Bins this thread's share of the features: into shared memory by column, and into memory of its own by row.
 * Thresholds and bins of one feature depend on nothing but its values and the seed.
 */
export function binStripe({ thread, params, train, memory }: FitJob): FeatureStripe {
  const { rows, columns, values } = train.x;
  const [first, end] = share(columns, thread, params.threads);
  const width = end - first;
  const sample =
    rows > QUANTILE_ROWS ? sampleAscending(rows, QUANTILE_ROWS, createRandom(params.seed)) : undefined;
  const starts = new Uint32Array(width + 1);
  for (let i = 0; i < width; i += 1) {
    const feature = first + i;
    const thresholds = binThresholds(sortedColumn(train.x, feature, sample), params.bins);
    memory.thresholds.set(thresholds, feature * MAX_THRESHOLDS);
    memory.thresholdCounts[feature] = thresholds.length;
    const binOf = createBinner(thresholds);
    for (let row = 0; row < rows; row += 1) {
      const bin = binOf(values[row * columns + feature]!);
      memory.bins[feature * rows + row] = bin;
      if (bin > thresholds.length) memory.hasMissing[feature] = 1;
    }
    starts[i + 1] = starts[i]! + (thresholds.length + 1 + memory.hasMissing[feature]!) * BIN_CELLS;
  }
  return { first, starts, rowCells: rowMajor(memory.bins, rows, first, starts) };
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
