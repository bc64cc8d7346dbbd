import type { CategoricalSpec, ColumnSpec, NumericSpec } from './histogram-spec.ts';
import { type UnseenValue, UnseenValues } from './unseen-values.ts';

/** Rows of a numeric column, by bin. */
export interface NumericCounts {
  readonly kind: 'numeric';
  /** Below the first edge, the bins, from the last edge on, missing, infinite. Whole numbers. */
  readonly counts: Float64Array;
  /** Of all but the last two, the sum of the values in units of the spec's scale. */
  readonly sums: BigInt64Array;
  /** The sum of the squares of the finite values, in squared units that are coarser by 2 ** SQUARE_BITS. */
  readonly squares: bigint;
  /** Of the finite values; Infinity and -Infinity where there are none. */
  readonly min: number;
  readonly max: number;
}

/** Rows of a column of categories. */
export interface CategoricalCounts {
  readonly kind: 'categorical';
  /** The spec's categories, any other, missing. Whole numbers. */
  readonly counts: Float64Array;
  /** Of the others, by name, where the column is tested. */
  readonly unseen: readonly UnseenValue[];
}

export type ColumnCounts = NumericCounts | CategoricalCounts;

/** What a version's predictions of some time looked like. Adding two gives that of both times. */
export interface WindowHistogram {
  readonly specHash: string;
  /** Predictions, those that failed among them. */
  readonly rows: number;
  /** Predictions without a score, because the model failed. */
  readonly failed: number;
  /** Predictions that are not counted, because the caller chose the version. */
  readonly pinned: number;
  /** One per column of the spec, in its order. */
  readonly columns: readonly ColumnCounts[];
}

/** How many counts a column has. */
export function countsOf(spec: ColumnSpec): number {
  return spec.kind === 'categorical' ? spec.categories.length + 2 : binsOf(spec) + 4;
}

/** The bins between a column's edges. */
export function binsOf(spec: NumericSpec): number {
  return spec.edges.length - 1;
}

/** Where the counts of a numeric column have what is in no bin. */
export function placesOf(spec: NumericSpec): Record<'below' | 'above' | 'missing' | 'infinite', number> {
  const bins = binsOf(spec);
  return { below: 0, above: bins + 1, missing: bins + 2, infinite: bins + 3 };
}

/** Where the counts of a column of categories have what is none of them. */
export function categoryPlaces(spec: CategoricalSpec): Record<'other' | 'missing', number> {
  return { other: spec.categories.length, missing: spec.categories.length + 1 };
}

/** The sum of two histograms of the same spec: associative and commutative to the bit. @throws RangeError for two specs */
export function mergeHistograms(a: WindowHistogram, b: WindowHistogram): WindowHistogram {
  if (a.specHash !== b.specHash) throw new RangeError('Histograms of different baselines cannot be added');
  return {
    specHash: a.specHash,
    rows: a.rows + b.rows,
    failed: a.failed + b.failed,
    pinned: a.pinned + b.pinned,
    columns: a.columns.map((column, index) => mergeColumns(column, b.columns[index]!)),
  };
}

/** @throws RangeError for columns of different specs */
function mergeColumns(a: ColumnCounts, b: ColumnCounts): ColumnCounts {
  if (a.counts.length !== b.counts.length) throw new RangeError('Columns of different bins cannot be added');
  const counts = a.counts.map((count, index) => count + b.counts[index]!);
  if (a.kind === 'numeric' && b.kind === 'numeric') {
    return {
      kind: 'numeric',
      counts,
      sums: a.sums.map((sum, index) => sum + b.sums[index]!),
      squares: a.squares + b.squares,
      min: Math.min(a.min, b.min),
      max: Math.max(a.max, b.max),
    };
  }
  if (a.kind === 'categorical' && b.kind === 'categorical') {
    return { kind: 'categorical', counts, unseen: new UnseenValues([...a.unseen, ...b.unseen]).values() };
  }
  throw new RangeError('A numeric column cannot be added to one of categories');
}
