import type { NumericSpec } from './histogram-spec.ts';
import { binsOf, type NumericCounts } from './histogram.ts';
import { nextUp } from './next-up.ts';
import { SQUARE_BITS } from './value-scale.ts';

/** Between what the Kolmogorov–Smirnov statistic of the rows themselves lies. */
export interface KsBounds {
  readonly lower: number;
  readonly upper: number;
}

/** Rows with a finite value. */
export function finiteRows({ counts }: NumericCounts): number {
  return counts.subarray(0, -2).reduce((sum, rows) => sum + rows, 0);
}

/**
 * The largest difference of the two distribution functions at the edges, and how much larger it may be inside of a bin
 * in which both have rows: at most the smaller one's share of them. A bin of a single value has no inside. Values that
 * are missing or infinite are left out.
 * @returns NaN where either has no rows
 */
export function ksBounds(spec: NumericSpec, reference: NumericCounts, current: NumericCounts): KsBounds {
  const [n, m] = [finiteRows(reference), finiteRows(current)];
  const bins = binsOf(spec);
  let [i, j] = [0, 0];
  let [lower, upper] = [0, 0];
  for (let bin = 0; bin < bins + 2; bin += 1) {
    const [a, b] = [reference.counts[bin]!, current.counts[bin]!];
    const isInside = bin > 0 && bin <= bins && spec.edges[bin] === nextUp(spec.edges[bin - 1]!);
    if (a > 0 && b > 0 && !isInside) {
      upper = Math.max(upper, (i + a) / n - j / m, (j + b) / m - i / n);
    }
    i += a;
    j += b;
    // One product less one product keeps equal shares equal to the last bit.
    lower = Math.max(lower, Math.abs(i * m - j * n) / (n * m));
  }
  return n > 0 && m > 0 ? { lower, upper: Math.max(lower, upper) } : { lower: Number.NaN, upper: Number.NaN };
}

/** Rows between the reference's deciles, those below and above its range in the outer ones. */
export function decileCounts(spec: NumericSpec, { counts }: NumericCounts): number[] {
  const rows = Array.from({ length: spec.deciles.length + 1 }, () => 0);
  let decile = 0;
  for (let bin = 0; bin <= binsOf(spec) + 1; bin += 1) {
    const from = bin === 0 ? -Infinity : spec.edges[bin - 1]!;
    while (decile < spec.deciles.length && from >= spec.deciles[decile]!) decile += 1;
    rows[decile]! += counts[bin]!;
  }
  return rows;
}

/** Rows and sums of the finite values, bin by bin, in the column's units. */
export function binnedSums(
  spec: NumericSpec,
  { counts, sums }: NumericCounts,
): { readonly counts: Float64Array; readonly sums: Float64Array } {
  const finite = counts.slice(0, -2);
  const unit = 2 ** -spec.bits;
  return { counts: finite, sums: finite.map((rows, bin) => rows * spec.centre + Number(sums[bin]!) * unit) };
}

/** Mean and population standard deviation of the finite values; NaN where there are none. */
export function momentsOf(
  spec: NumericSpec,
  counts: NumericCounts,
): { readonly mean: number; readonly deviation: number } {
  const rows = finiteRows(counts);
  const units = Number(counts.sums.reduce((sum, bin) => sum + bin, 0n)) / rows;
  const squared = Number(counts.squares) / rows;
  const coarse = units * 2 ** SQUARE_BITS;
  return {
    mean: spec.centre + units * 2 ** -spec.bits,
    deviation: Math.sqrt(Math.max(0, squared - coarse * coarse)) * 2 ** -(spec.bits + SQUARE_BITS),
  };
}

/** Rows of a rate that have its second value, or a greater one. Its bins are one value, what is between, and the other. */
export function secondRows({ counts }: NumericCounts): number {
  return counts[3]! + counts[4]!;
}
