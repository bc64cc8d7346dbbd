import { chiSquare, totalVariation } from './chi-square.ts';
import type { ColumnEvidence, DriftStatistics, RateEvidence } from './column-evidence.ts';
import {
  type CategoricalCounts,
  categoryPlaces,
  type ColumnCounts,
  type NumericCounts,
  placesOf,
  type WindowHistogram,
} from './histogram.ts';
import type { CategoricalSpec, ColumnSpec, HistogramSpec, NumericSpec } from './histogram-spec.ts';
import {
  binnedSums,
  decileCounts,
  finiteRows,
  ksBounds,
  momentsOf,
  secondRows,
} from './histogram-statistics.ts';
import { jensenShannon } from './jensen-shannon.ts';
import { ksPValue } from './kolmogorov-smirnov.ts';
import { compareProportions } from './proportions.ts';
import { psi } from './psi.ts';
import { normedWasserstein, wassersteinOfBins } from './wasserstein.ts';

/** Categories that either window expects fewer rows of are tested together. */
const LEAST_EXPECTED = 5;

/** A pair of windows of one column. */
interface Pair<T> {
  readonly reference: T;
  readonly current: T;
}
type Rows = Pair<number>;

/**
 * What differs between two windows, column by column in the order of the spec. Labels are left out where the current
 * window has none.
 * @param importances what each feature is worth to the model; an input is worth as much as the features made of it
 * @throws RangeError for histograms of other specs
 */
export function measure(
  spec: HistogramSpec,
  reference: WindowHistogram,
  current: WindowHistogram,
  importances: ReadonlyMap<string, number>,
): ColumnEvidence[] {
  if (reference.specHash !== current.specHash || spec.length !== current.columns.length) {
    throw new RangeError('Windows of different baselines cannot be compared');
  }
  return spec.flatMap((column, index) => {
    const pair = { reference: reference.columns[index]!, current: current.columns[index]! };
    const evidence = { ...measureColumn(column, pair), importance: importanceOf(column, spec, importances) };
    return column.role === 'label' && evidence.rows.current === 0 ? [] : [evidence];
  });
}

function measureColumn(
  spec: ColumnSpec,
  { reference, current }: Pair<ColumnCounts>,
): Omit<ColumnEvidence, 'importance'> {
  if (spec.kind === 'categorical' && reference.kind === 'categorical' && current.kind === 'categorical') {
    return { ...shared(spec, { reference, current }), ...categorical(spec, { reference, current }) };
  }
  if (spec.kind !== 'categorical' && reference.kind === 'numeric' && current.kind === 'numeric') {
    const pair = { reference, current };
    const measured = spec.kind === 'rate' ? rate(pair) : { statistics: numeric(spec, pair) };
    return { ...shared(spec, pair), ...measured, ...range(spec, pair) };
  }
  throw new RangeError(`The counts of '${spec.column}' are of another kind than its bins`);
}

function shared(spec: ColumnSpec, { reference, current }: Pair<ColumnCounts>) {
  const rows = { reference: totalOf(reference), current: totalOf(current) };
  const missing = (counts: ColumnCounts) => counts.counts[missingPlace(spec)]!;
  const absent = { reference: missing(reference), current: missing(current) };
  return {
    column: spec.column,
    role: spec.role,
    kind: spec.kind,
    rows,
    distinct: spec.distinct,
    missing: rateOf(absent, rows),
    ...(spec.untested === undefined ? {} : { untested: spec.untested }),
    ...brokenOf(spec, { reference, current }, rows, absent),
  };
}

function numeric(spec: NumericSpec, { reference, current }: Pair<NumericCounts>): DriftStatistics {
  const [n, m] = [finiteRows(reference), finiteRows(current)];
  if (n === 0 || m === 0) return {};
  const ks = ksBounds(spec, reference, current).lower;
  const [before, now] = [decileCounts(spec, reference), decileCounts(spec, current)];
  const wasserstein = wassersteinOfBins(binnedSums(spec, reference), binnedSums(spec, current));
  return {
    ks,
    ksPValue: ksPValue(ks, n, m),
    psi: psi(before, now),
    jensenShannon: jensenShannon(before, now),
    wasserstein,
    wassersteinNormed: normedWasserstein(wasserstein, momentsOf(spec, reference).deviation),
  };
}

function rate({
  reference,
  current,
}: Pair<NumericCounts>): Pick<ColumnEvidence, 'statistics' | 'totalVariation' | 'rate'> {
  const rows = { reference: finiteRows(reference), current: finiteRows(current) };
  const second = { reference: secondRows(reference), current: secondRows(current) };
  const before = [rows.reference - second.reference, second.reference];
  const now = [rows.current - second.current, second.current];
  return { ...shares(before, now), rate: rateOf(second, rows) };
}

function categorical(
  spec: CategoricalSpec,
  { reference, current }: Pair<CategoricalCounts>,
): Pick<ColumnEvidence, 'statistics' | 'totalVariation' | 'unseen'> {
  // Of which only the presence is counted
  if (spec.categories.length === 0) return { statistics: {} };
  const before = reference.counts.subarray(0, -1);
  const now = current.counts.subarray(0, -1);
  return {
    ...shares(before, now),
    ...(spec.untested === undefined ? { unseen: unseenOf(spec, { reference, current }) } : {}),
  };
}

function shares(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): Pick<ColumnEvidence, 'statistics' | 'totalVariation'> {
  if (sumOf(reference) === 0 || sumOf(current) === 0) return { statistics: {} };
  const { statistic, pValue } = chiSquare(reference, current, LEAST_EXPECTED);
  return {
    statistics: {
      psi: psi(reference, current),
      jensenShannon: jensenShannon(reference, current),
      chiSquare: statistic,
      chiSquarePValue: pValue,
    },
    totalVariation: totalVariation(reference, current),
  };
}

/** Categories that neither the baseline nor this reference has. */
function unseenOf(
  spec: CategoricalSpec,
  { reference, current }: Pair<CategoricalCounts>,
): NonNullable<ColumnEvidence['unseen']> {
  const known = new Set(reference.unseen.map(({ value }) => value));
  const knownRows = current.unseen.reduce((sum, { value, rows }) => sum + (known.has(value) ? rows : 0), 0);
  const values = current.unseen
    .filter(({ value }) => !known.has(value))
    .toSorted((a, b) => b.rows - a.rows)
    .map(({ value }) => value);
  const rows = totalOf(current);
  const share = rows === 0 ? 0 : (current.counts[categoryPlaces(spec).other]! - knownRows) / rows;
  return { share, values };
}

function range(
  spec: NumericSpec,
  { reference, current }: Pair<NumericCounts>,
): Pick<ColumnEvidence, 'outOfRange'> {
  const { below, above, infinite } = placesOf(spec);
  const outside = ({ counts }: NumericCounts) => counts[below]! + counts[above]! + counts[infinite]!;
  const rows = { reference: totalOf(reference), current: totalOf(current) };
  return { outOfRange: rateOf({ reference: outside(reference), current: outside(current) }, rows) };
}

/** What carried something in the reference and carries nothing now; whether that is chance is for others to say. */
function brokenOf(
  spec: ColumnSpec,
  { reference, current }: Pair<ColumnCounts>,
  rows: Rows,
  missing: Rows,
): Pick<ColumnEvidence, 'broken'> {
  if (rows.current === 0 || missing.reference === rows.reference) return {};
  if (missing.current === rows.current) return { broken: 'all missing' };
  return valuesOf(spec, current) === 1 && valuesOf(spec, reference) > 1 ? { broken: 'constant' } : {};
}

/** How many values a window has, as far as one is told from more. */
function valuesOf(spec: ColumnSpec, counts: ColumnCounts): number {
  if (counts.kind === 'numeric') {
    // Infinities are none of the least and greatest values.
    return counts.counts.at(-1)! > 0 ? Infinity : Math.sign(counts.max - counts.min) + 1;
  }
  const others = counts.counts[missingPlace(spec) - 1]!;
  const own = counts.counts.subarray(0, -2).filter((rows) => rows > 0).length;
  // Where the names of others are not kept they may be many.
  return own + (others === 0 ? 0 : counts.unseen.length || Infinity);
}

function importanceOf(
  { column, role }: ColumnSpec,
  spec: HistogramSpec,
  importances: ReadonlyMap<string, number>,
): number {
  if (role === 'feature') return importances.get(column) ?? 0;
  if (role !== 'input') return 0;
  return spec
    .filter((feature) => feature.from?.includes(column) === true)
    .reduce((sum, feature) => sum + Math.max(0, importances.get(feature.column) ?? 0), 0);
}

function missingPlace(spec: ColumnSpec): number {
  return spec.kind === 'categorical' ? categoryPlaces(spec).missing : placesOf(spec).missing;
}

function rateOf(events: Rows, rows: Rows): RateEvidence {
  const { pValue } = compareProportions(
    { events: events.reference, rows: rows.reference },
    { events: events.current, rows: rows.current },
  );
  const share = (side: keyof Rows) => (rows[side] === 0 ? 0 : events[side] / rows[side]);
  return { reference: share('reference'), current: share('current'), pValue };
}

function totalOf({ counts }: ColumnCounts): number {
  return sumOf(counts);
}

function sumOf(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < counts.length; index += 1) sum += counts[index]!;
  return sum;
}
