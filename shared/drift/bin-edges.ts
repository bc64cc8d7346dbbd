import { decileEdges } from './deciles.ts';
import { nextUp } from './next-up.ts';

/** A reference is divided into so many parts of equal size. */
const PARTS = 1_000;
/** Distinct values are counted up to one more than can have bins of their own. */
export const MAX_DISTINCT = PARTS + 1;

/** The bins of a numeric column: bin i holds `edges[i] <= x < edges[i + 1]`. */
export interface BinEdges {
  /** In ascending order, at least two. */
  readonly edges: readonly number[];
  /** The inner deciles of the reference, each once; every one of them is an edge. */
  readonly deciles: readonly number[];
  /** Distinct values, counted up to 1,001. */
  readonly distinct: number;
}

/**
 * Edges at each thousandth of the reference, and around every value that holds at least a thousandth of its rows, so
 * that a bin holds less than two thousandths of the reference or a single value. With at most 1,000 distinct values
 * each has its own bin. The last edge lies just above the greatest value.
 * @param sorted in ascending order, finite
 * @param extra further edges
 */
export function binEdges(sorted: Float64Array, extra: readonly number[] = []): BinEdges {
  const edges = new Set<number>(extra);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) {
    return { edges: ascending(edges.size > 1 ? edges : [0, nextUp(0)]), deciles: [], distinct: 0 };
  }
  const values = runsOf(sorted);
  const few = values.length < MAX_DISTINCT;
  for (const value of few ? values : runsOf(sorted, sorted.length / PARTS)) {
    edges.add(value);
    edges.add(nextUp(value));
  }
  const deciles = [...new Set(decileEdges(sorted))];
  for (const decile of deciles) edges.add(decile);
  if (!few) for (let part = 1; part < PARTS; part += 1) edges.add(quantile(sorted, part));
  edges.add(first);
  edges.add(nextUp(last));
  return { edges: ascending(edges), deciles, distinct: values.length };
}

/** Edges of bins of equal width over `[from, to]`, with the upper end in the last one. */
export function equalEdges(from: number, to: number, bins: number): number[] {
  const inner = Array.from({ length: bins }, (_, bin) => from + ((to - from) * bin) / bins);
  return [...inner, nextUp(to)];
}

/** A part of the way through a sample, by linear interpolation between its values. */
function quantile(sorted: Float64Array, part: number): number {
  const place = (sorted.length - 1) * part;
  const [below, rest] = [sorted[Math.floor(place / PARTS)]!, (place % PARTS) / PARTS];
  const above = sorted[Math.ceil(place / PARTS)]!;
  return below + (above - below) * rest;
}

/**
 * The distinct values, in ascending order.
 * @param least values with fewer rows are left out; where nothing is left out, it ends after 1,001 values
 */
function runsOf(sorted: Float64Array, least = 0): number[] {
  const runs: number[] = [];
  for (let from = 0; from < sorted.length;) {
    const value = sorted[from]!;
    let to = from + 1;
    while (to < sorted.length && sorted[to] === value) to += 1;
    if (to - from >= least) runs.push(value + 0);
    if (least === 0 && runs.length === MAX_DISTINCT) return runs;
    from = to;
  }
  return runs;
}

function ascending(edges: Iterable<number>): number[] {
  return [...edges].sort((a, b) => a - b);
}
