import { binEdges, equalEdges, MAX_DISTINCT } from './bin-edges.ts';
import type { DriftColumn } from './drift-columns.ts';
import { type ColumnSpec, MAX_CATEGORIES } from './histogram-spec.ts';
import { nextUp } from './next-up.ts';
import { valueScale } from './value-scale.ts';

/** Bins of equal width over the scores, besides those at their quantiles. */
const SCORE_BINS = 200;
/** Values beyond make no bins: differences of two are finite up to here. */
const MOST = 1e300;

/**
 * The bins of a column of numbers.
 * @param values of the reference; NaN is missing
 */
export function numberSpec(column: DriftColumn, values: Float64Array): ColumnSpec {
  const sorted = values.filter((value) => Math.abs(value) <= MOST).sort();
  const shared = partsOf(column, sorted.length > 0);
  const scale = valueScale(sorted);
  const two = column.values === 'flags' ? [0, 1] : twoValues(sorted);
  if (two !== undefined && column.role !== 'score') {
    const [first = 0, second = 1] = two;
    const distinct = binEdges(sorted).distinct;
    const edges = [first, nextUp(first), second, nextUp(second)];
    return { ...shared, kind: 'rate', distinct, edges, deciles: [], ...scale };
  }
  const extra = column.role === 'score' ? equalEdges(0, 1, SCORE_BINS) : [];
  return { ...shared, kind: 'numeric', ...binEdges(sorted, extra), ...scale };
}

/** The bins of a column of texts: one for each of the 256 most frequent ones of the reference. */
export function textSpec(column: DriftColumn, rows: ReadonlyMap<string, number>): ColumnSpec {
  const byFrequency = [...rows].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const categories = column.values === 'presence' ? [] : byFrequency.slice(0, MAX_CATEGORIES);
  const shared = partsOf(column, rows.size > 0);
  const many = rows.size > MAX_CATEGORIES && shared.untested === undefined;
  return {
    ...shared,
    ...(many ? { untested: 'many-categories' as const } : {}),
    kind: 'categorical',
    distinct: Math.min(rows.size, MAX_DISTINCT),
    categories: categories.map(([category]) => category),
  };
}

function partsOf({ column, role, untested, from }: DriftColumn, hasReference: boolean) {
  const reason = untested ?? (hasReference ? undefined : ('no-reference' as const));
  return {
    column,
    role,
    ...(reason === undefined ? {} : { untested: reason }),
    ...(from === undefined ? {} : { from }),
  };
}

/** The two values of a column that has no more, unless there is nothing between them. */
function twoValues(sorted: Float64Array): readonly [number, number] | undefined {
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined || !(nextUp(first) < last)) return undefined;
  return sorted.every((value) => value === first || value === last) ? [first + 0, last + 0] : undefined;
}
