import type { ColumnDistribution } from './distribution.ts';
import type { ColumnSpec, HistogramSpec, NumericSpec } from './histogram-spec.ts';
import {
  binsOf,
  type CategoricalCounts,
  type ColumnCounts,
  type NumericCounts,
  type WindowHistogram,
} from './histogram.ts';

/** Bars of a numeric column, of equal width. */
const BARS = 40;
/** The share of the reference at either end that is told and not drawn: a long tail would squeeze all the rest. */
const TAIL = 0.005;
/** Categories that are drawn; the others are one bar. */
const CATEGORIES = 15;

/** What the report page draws of the first columns of these names, in their order. */
export function distributionsOf(
  spec: HistogramSpec,
  reference: WindowHistogram,
  current: WindowHistogram,
  wanted: readonly Pick<ColumnSpec, 'column' | 'role'>[],
): (ColumnDistribution & Pick<ColumnSpec, 'role'>)[] {
  return wanted.flatMap(({ column, role }) => {
    const index = spec.findIndex((one) => one.column === column && one.role === role);
    const [own, before, now] = [spec[index], reference.columns[index], current.columns[index]];
    if (own === undefined || before === undefined || now === undefined) return [];
    const drawn = drawnOf(own, before, now);
    return drawn === undefined ? [] : [{ ...drawn, role }];
  });
}

function drawnOf(spec: ColumnSpec, before: ColumnCounts, now: ColumnCounts): ColumnDistribution | undefined {
  if (spec.kind === 'categorical') {
    return before.kind === 'categorical' && now.kind === 'categorical'
      ? categories(spec.column, spec.categories, before, now)
      : undefined;
  }
  if (before.kind !== 'numeric' || now.kind !== 'numeric') return undefined;
  return spec.kind === 'rate' ? twoValues(spec, before, now) : bars(spec, before, now);
}

function categories(
  column: string,
  names: readonly string[],
  before: CategoricalCounts,
  now: CategoricalCounts,
): ColumnDistribution {
  const shown = Math.min(names.length, CATEGORIES);
  const rest = (counts: Float64Array) => counts.subarray(shown, -1).reduce((sum, rows) => sum + rows, 0);
  const of = ({ counts }: CategoricalCounts) => [...counts.subarray(0, shown), rest(counts)];
  return {
    kind: 'categorical',
    column,
    categories: [...names.slice(0, shown), '(other)'],
    reference: of(before),
    current: of(now),
  };
}

function twoValues(spec: NumericSpec, before: NumericCounts, now: NumericCounts): ColumnDistribution {
  const [first, , second] = spec.edges;
  const of = ({ counts }: NumericCounts) => [counts[1]!, counts[3]!];
  return {
    kind: 'categorical',
    column: spec.column,
    categories: [String(first), String(second)],
    reference: of(before),
    current: of(now),
  };
}

function bars(spec: NumericSpec, before: NumericCounts, now: NumericCounts): ColumnDistribution | undefined {
  const [from, to] = [quantile(spec, before, TAIL), quantile(spec, before, 1 - TAIL)];
  if (!(from < to)) return undefined;
  const edges = Array.from({ length: BARS + 1 }, (_, edge) => from + ((to - from) * edge) / BARS);
  const [reference, current] = [spread(spec, before, edges), spread(spec, now, edges)];
  return {
    kind: 'numeric',
    column: spec.column,
    edges,
    reference: reference.rows,
    current: current.rows,
    beyond: { reference: reference.beyond, current: current.beyond },
  };
}

/** The edge of the bin in which a share of the rows is reached: the lower one below the middle, else the upper one. */
function quantile(spec: NumericSpec, { counts }: NumericCounts, share: number): number {
  const bins = binsOf(spec);
  const total = counts.subarray(1, bins + 1).reduce((sum, rows) => sum + rows, 0);
  let upTo = 0;
  for (let bin = 0; bin < bins; bin += 1) {
    upTo += counts[bin + 1]!;
    if (upTo > share * total || (share > 0.5 && upTo >= share * total))
      return spec.edges[share < 0.5 ? bin : bin + 1]!;
  }
  return Number.NaN;
}

/** A column's rows over other edges; the rows of a bin lie evenly in it. */
function spread(
  spec: NumericSpec,
  { counts }: NumericCounts,
  edges: readonly number[],
): { readonly rows: number[]; readonly beyond: number } {
  const rows = Array.from({ length: edges.length - 1 }, () => 0);
  const [first, last] = [edges[0]!, edges.at(-1)!];
  const width = (last - first) / rows.length;
  let beyond = counts[0]! + counts[binsOf(spec) + 1]!;
  for (let bin = 0; bin < binsOf(spec); bin += 1) {
    const [low, high, count] = [spec.edges[bin]!, spec.edges[bin + 1]!, counts[bin + 1]!];
    if (count === 0) continue;
    if (high <= first || low >= last) beyond += count;
    else if (high - low < width / 1_000) {
      rows[Math.max(0, Math.min(rows.length - 1, Math.floor((low - first) / width)))]! += count;
    } else {
      const share = count / (high - low);
      beyond += share * (Math.max(0, first - low) + Math.max(0, high - last));
      const start = Math.max(0, Math.floor((low - first) / width));
      for (let bar = start; bar < rows.length && edges[bar]! < high; bar += 1) {
        rows[bar]! += share * Math.max(0, Math.min(high, edges[bar + 1]!) - Math.max(low, edges[bar]!));
      }
    }
  }
  return { rows, beyond };
}
