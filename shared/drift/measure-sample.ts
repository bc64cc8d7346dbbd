import { alignCounts, type CategoryCounts } from './category-counts.ts';
import { chiSquare, totalVariation } from './chi-square.ts';
import type { ColumnEvidence, ColumnRole, DriftStatistics, RateEvidence } from './column-evidence.ts';
import { countBetween, decileEdges } from './deciles.ts';
import { jensenShannon } from './jensen-shannon.ts';
import { ksPValue, ksStatistic } from './kolmogorov-smirnov.ts';
import { compareProportions, type Proportion } from './proportions.ts';
import { nextUp } from './next-up.ts';
import { psi } from './psi.ts';
import { deviationOf, normedWasserstein, wasserstein } from './wasserstein.ts';

/** More than so many categories in the reference are reported and not tested. */
const MAX_CATEGORIES = 256;
/** Distinct values are counted so far. */
const MAX_DISTINCT = 1_001;
const NAMED_VALUES = 20;
/** Up to so many values a column of numbers has, a share of the rows is said of each. */
const FEW_VALUES = 5;

/** A column's numbers in one window. */
export interface NumericSample {
  /** In ascending order, all finite. */
  readonly sorted: Float64Array;
  /** Rows, those without a value among them. */
  readonly rows: number;
}

/** A column's values in one window, where not all of them are numbers. */
export interface CategorySample {
  readonly counts: CategoryCounts;
  readonly rows: number;
}

/** Every statistic of two samples of numbers, exact; none where either is empty. */
export function numericStatistics(reference: Float64Array, current: Float64Array): DriftStatistics {
  if (reference.length === 0 || current.length === 0) return {};
  const ks = ksStatistic(reference, current);
  const edges = decileEdges(reference);
  const [before, now] = [countBetween(reference, edges), countBetween(current, edges)];
  const distance = wasserstein(reference, current);
  return {
    ks,
    ksPValue: ksPValue(ks, reference.length, current.length),
    psi: psi(before, now),
    jensenShannon: jensenShannon(before, now),
    wasserstein: distance,
    wassersteinNormed: normedWasserstein(distance, deviationOf(reference)),
  };
}

/** Every statistic of two windows' category counts, exact; none where either has no rows. */
export function categoricalStatistics(reference: CategoryCounts, current: CategoryCounts): DriftStatistics {
  if (reference.size === 0 || current.size === 0) return {};
  const aligned = alignCounts(reference, current);
  const { statistic, pValue } = chiSquare(aligned.reference, aligned.current);
  return {
    psi: psi(aligned.reference, aligned.current),
    jensenShannon: jensenShannon(aligned.reference, aligned.current),
    chiSquare: statistic,
    chiSquarePValue: pValue,
  };
}

/** What a policy needs to know of a column of numbers. */
export function numericEvidence(
  column: string,
  role: ColumnRole,
  reference: NumericSample,
  current: NumericSample,
): ColumnEvidence {
  const [before, now] = [reference.sorted, current.sorted];
  const [least, most] = [before[0] ?? -Infinity, before.at(-1) ?? Infinity];
  const outside = now.filter((value) => value < least || value > most).length;
  const few = [...new Set([...firstValues(before, 3), ...firstValues(now, 3)])].toSorted((a, b) => a - b);
  const second = few.length === 2 ? few[1] : undefined;
  return {
    column,
    role,
    ...commonParts(
      { rows: reference.rows, present: before.length, distinct: firstValues(before, MAX_DISTINCT).length },
      { rows: current.rows, present: now.length, distinct: firstValues(now, 2).length },
    ),
    ...(second === undefined
      ? { kind: 'numeric' }
      : rateParts(countBetween(before, [second]), countBetween(now, [second]))),
    statistics: numericStatistics(before, now),
    outOfRange: shares({ events: 0, rows: reference.rows }, { events: outside, rows: current.rows }),
  };
}

/**
 * A column of numbers with its statistics by value instead of by decile where the reference has few values: deciles of
 * those fall together, and a rare value would be in no bin of its own.
 */
export function judgedByValue(
  evidence: ColumnEvidence,
  reference: NumericSample,
  current: NumericSample,
): ColumnEvidence {
  if (evidence.distinct === 0 || evidence.distinct > FEW_VALUES) return evidence;
  const values = firstValues(reference.sorted, FEW_VALUES);
  const countsOf = ({ sorted }: NumericSample): CategoryCounts => {
    const between = countBetween(
      sorted,
      values.flatMap((value) => [value, nextUp(value)]),
    );
    const rows = values.map((value, index) => [String(value), between[2 * index + 1] ?? 0] as const);
    // What the reference never had may count as one value: it is new, whatever it is.
    const other = sorted.length - sumOf(rows.map(([, count]) => count));
    return new Map([...rows, ['other', other] as const].filter(([, count]) => count > 0));
  };
  return {
    ...evidence,
    statistics: {
      ...evidence.statistics,
      ...categoricalStatistics(countsOf(reference), countsOf(current)),
    },
  };
}

/** What a policy needs to know of a column of categories. */
export function categoricalEvidence(
  column: string,
  role: ColumnRole,
  reference: CategorySample,
  current: CategorySample,
): ColumnEvidence {
  const aligned = alignCounts(reference.counts, current.counts);
  const [before, now] = [sumOf(aligned.reference), sumOf(aligned.current)];
  const unseen = [...current.counts].filter(([value]) => !reference.counts.has(value));
  const isComparable = before > 0 && now > 0;
  return {
    column,
    role,
    ...(reference.counts.size > MAX_CATEGORIES ? { untested: 'many-categories' } : {}),
    ...commonParts(
      { rows: reference.rows, present: before, distinct: Math.min(MAX_DISTINCT, reference.counts.size) },
      { rows: current.rows, present: now, distinct: current.counts.size },
    ),
    ...(aligned.categories.length === 2
      ? rateParts(aligned.reference, aligned.current)
      : {
          kind: 'categorical',
          ...(isComparable ? { totalVariation: totalVariation(aligned.reference, aligned.current) } : {}),
        }),
    statistics: categoricalStatistics(reference.counts, current.counts),
    unseen: {
      share: sumOf(unseen.map(([, rows]) => rows)) / Math.max(1, current.rows),
      values: unseen
        .toSorted(([, a], [, b]) => b - a)
        .slice(0, NAMED_VALUES)
        .map(([value]) => value),
    },
  };
}

interface Window {
  readonly rows: number;
  /** Rows with a value. */
  readonly present: number;
  readonly distinct: number;
}

function commonParts(reference: Window, current: Window) {
  const lost = reference.present > 0 && current.rows > 0 && current.present === 0;
  const constant = reference.distinct > 1 && current.distinct === 1;
  return {
    rows: { reference: reference.rows, current: current.rows },
    distinct: reference.distinct,
    missing: shares(
      { events: reference.rows - reference.present, rows: reference.rows },
      { events: current.rows - current.present, rows: current.rows },
    ),
    ...(lost ? { broken: 'all missing' as const } : constant ? { broken: 'constant' as const } : {}),
    ...(reference.present === 0 ? { untested: 'no-reference' as const } : {}),
    importance: 0,
  };
}

/** Of two values: rows with the first and with the second. */
function rateParts(
  [first = 0, second = 0]: readonly number[],
  [firstNow = 0, secondNow = 0]: readonly number[],
) {
  const rate = shares(
    { events: second, rows: first + second },
    { events: secondNow, rows: firstNow + secondNow },
  );
  const isComparable = first + second > 0 && firstNow + secondNow > 0;
  return {
    kind: 'rate' as const,
    ...(isComparable ? { rate, totalVariation: Math.abs(rate.reference - rate.current) } : {}),
  };
}

function shares(reference: Proportion, current: Proportion): RateEvidence {
  return {
    reference: reference.events / Math.max(1, reference.rows),
    current: current.events / Math.max(1, current.rows),
    pValue: compareProportions(reference, current).pValue,
  };
}

/** The first distinct values of an ordered sample, at most so many. */
function firstValues(sorted: Float64Array, most: number): readonly number[] {
  const values: number[] = [];
  for (const value of sorted) {
    if (value === values.at(-1)) continue;
    values.push(value);
    if (values.length === most) break;
  }
  return values;
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
