import type { Profile } from '../../shared/training/profile.ts';
import { UNLABELLED } from '../../shared/training/profile.ts';

/** Rows that ranks are taken of, at most: spread evenly over the file. */
const MAX_ROWS = 20_000;

export interface Correlation {
  readonly a: string;
  readonly b: string;
  /** Spearman's rank correlation of the rows that have both values. */
  readonly value: number;
}

/** Rank correlations of all columns of numbers, the label as 0 and 1 among them: each pair once. */
export function correlationsOf({ columns, labels, label, rows }: Profile): Correlation[] {
  const step = Math.max(1, Math.ceil(rows / MAX_ROWS));
  const sampled = (value: (row: number) => number) =>
    Float64Array.from({ length: Math.ceil(rows / step) }, (_, index) => value(index * step));
  const series = columns.flatMap(({ name, numbers }) =>
    numbers === undefined || name === label
      ? []
      : [{ name, values: sampled((row) => numbers[row] ?? Number.NaN) }],
  );
  if (label !== undefined && labels.some((value) => value !== UNLABELLED)) {
    const labelAt = (row: number) => (labels[row] === UNLABELLED ? Number.NaN : (labels[row] ?? Number.NaN));
    series.push({ name: label, values: sampled(labelAt) });
  }
  const ranked = series.map(({ name, values }) => ({ name, ranks: ranksOf(values) }));
  return ranked.flatMap(({ name: a, ranks }, index) =>
    ranked.slice(0, index).map((other) => ({ a, b: other.name, value: pearson(ranks, other.ranks) })),
  );
}

/** The rank of each value, equal values having their middle rank; NaN stays NaN. */
export function ranksOf(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values.keys()).filter((row) => !Number.isNaN(values[row]));
  order.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = new Float64Array(values.length).fill(Number.NaN);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end] ?? 0] === values[order[start] ?? 0]) end += 1;
    for (let at = start; at < end; at += 1) ranks[order[at] ?? 0] = (start + end - 1) / 2;
    start = end;
  }
  return ranks;
}

/** Pearson's correlation of the places where both have a number; 0 where either does not vary. */
function pearson(x: Float64Array, y: Float64Array): number {
  let n = 0;
  let [sx, sy, sxx, syy, sxy] = [0, 0, 0, 0, 0];
  for (const [index, a] of x.entries()) {
    const b = y[index] ?? Number.NaN;
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    n += 1;
    sx += a;
    sy += b;
    sxx += a * a;
    syy += b * b;
    sxy += a * b;
  }
  const spread = (n * sxx - sx * sx) * (n * syy - sy * sy);
  return spread > 0 ? (n * sxy - sx * sy) / Math.sqrt(spread) : 0;
}
