import { z } from 'zod';
import { binThresholds, createBinner, LARGEST_FLOAT32, MAX_THRESHOLDS, sortedColumn } from './binning.ts';
import type { Matrix } from './matrix.ts';
import { createRandom, sampleAscending } from './random.ts';
import { float32ArraySchema, int32ArraySchema, uint8ArraySchema } from './typed-array-schemas.ts';

/** Rows that quantiles are taken from when there are more (scikit-learn's figure). */
const QUANTILE_ROWS = 200_000;

/** A table of numbers as bins; every array lies in memory that all threads of a fit share. */
export const binnedColumnsSchema = z.object({
  /** The bin of every training value, column-major: partitioning reads one feature at a time. */
  bins: uint8ArraySchema,
  /** `MAX_THRESHOLDS` places for each feature. */
  thresholds: float32ArraySchema,
  thresholdCounts: int32ArraySchema,
  /** 1 where the feature has missing training values. */
  hasMissing: uint8ArraySchema,
});

export type BinnedColumns = z.output<typeof binnedColumnsSchema>;

/** Lays out the memory that `binColumns` fills. */
export function createBinnedColumns({ rows, columns }: Matrix): BinnedColumns {
  const thresholds = columns * MAX_THRESHOLDS * Float32Array.BYTES_PER_ELEMENT;
  return {
    bins: new Uint8Array(new SharedArrayBuffer(rows * columns)),
    thresholds: new Float32Array(new SharedArrayBuffer(thresholds)),
    thresholdCounts: new Int32Array(new SharedArrayBuffer(columns * Int32Array.BYTES_PER_ELEMENT)),
    hasMissing: new Uint8Array(new SharedArrayBuffer(columns)),
  };
}

/**
 * Bins the features from `first` to `end` - 1. Thresholds and bins of one feature depend on nothing but its values and
 * the seed.
 */
export function binColumns(
  x: Matrix,
  { bins, thresholds, thresholdCounts, hasMissing }: BinnedColumns,
  [first, end]: readonly [first: number, end: number],
  params: { readonly bins: number; readonly seed: number; readonly tailBins: boolean },
): void {
  const { rows, columns, values } = x;
  const sample =
    rows > QUANTILE_ROWS ? sampleAscending(rows, QUANTILE_ROWS, createRandom(params.seed)) : undefined;
  for (let feature = first; feature < end; feature += 1) {
    const found = binThresholds(sortedColumn(x, feature, sample), params.bins, params.tailBins);
    thresholds.set(found, feature * MAX_THRESHOLDS);
    thresholdCounts[feature] = found.length;
    const binOf = createBinner(found);
    for (let row = 0; row < rows; row += 1) {
      const bin = binOf(values[row * columns + feature]!);
      bins[feature * rows + row] = bin;
      if (bin > found.length) hasMissing[feature] = 1;
    }
  }
}

/** The condition `x <= t` that parts the bins up to `bin` from those above. */
export function thresholdOf(
  { thresholds, thresholdCounts }: Pick<BinnedColumns, 'thresholds' | 'thresholdCounts'>,
  feature: number,
  bin: number,
): number {
  return bin < thresholdCounts[feature]! ? thresholds[feature * MAX_THRESHOLDS + bin]! : LARGEST_FLOAT32;
}
