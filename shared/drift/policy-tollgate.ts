import { adjustedPValues } from './benjamini-hochberg.ts';
import { beyondRangePValue } from './beyond-range.ts';
import { isBroken, LEAST_ROWS } from './broken.ts';
import type { ColumnEvidence, RateEvidence } from './column-evidence.ts';
import {
  chosenFor,
  type ColumnVerdict,
  type DriftPolicy,
  isBeyond,
  isPValue,
  keyOf,
  type Measured,
  type PolicyContext,
  thresholdFor,
  untested,
} from './column-verdict.ts';
import { rateRatio } from './rate-ratio.ts';

/** The share of false discoveries among the tests of a window that are called significant. */
export const FALSE_DISCOVERY_RATE = 0.01;

/** The least effects that matter. */
export const FLOORS = {
  ks: 0.02,
  totalVariation: 0.02,
  rateRatio: 1.25,
  unseenShare: 0.005,
  outOfRangeShare: 0.005,
} as const;

/** One thing that may have changed about a column. */
interface Look {
  readonly measured: Measured;
  readonly value: number;
  readonly floor: number;
  /** None where an effect counts by itself. */
  readonly pValue?: number;
}

/**
 * Policy `tollgate`: a column has drifted where an effect reaches its floor and is significant after Benjamini–Hochberg
 * over everything that was tested in the window, and each side has at least 500 rows. Looked at are a column's
 * distribution, its missing values, values outside of the reference's range, and categories that are new.
 */
export const tollgatePolicy: DriftPolicy = (columns, context) => {
  const looks = columns.map((column) => looksAt(column, context));
  const tests = looks.flat().filter(({ pValue }) => pValue !== undefined);
  const adjusted = adjustedPValues(tests.map(({ pValue }) => pValue ?? 1));
  const pValues = new Map(tests.map((look, test) => [look, adjusted[test]!]));
  return columns.map((column, index) => verdictOf(column, looks[index]!, pValues));
};

function verdictOf(
  column: ColumnEvidence,
  looks: readonly Look[],
  pValues: ReadonlyMap<Look, number>,
): ColumnVerdict {
  const [first] = looks;
  if (first === undefined) return untested(column);
  const counts = (look: Look) =>
    isBeyond(look.measured, look.value, look.floor) && (pValues.get(look) ?? 0) <= FALSE_DISCOVERY_RATE;
  const found = looks.filter(counts).toSorted((a, b) => timesFloor(b) - timesFloor(a));
  const broken = isBroken(column);
  const shown = found[0] ?? first;
  const pValue = pValues.get(shown);
  return {
    measured: shown.measured,
    driftScore: shown.value,
    threshold: shown.floor,
    ...(pValue === undefined ? {} : { pValue }),
    drifted: broken || found.length > 0,
    tested: true,
    found: found.length === 0 && broken ? [shown.measured] : found.map(({ measured }) => measured),
    broken,
  };
}

function timesFloor({ measured, value, floor }: Look): number {
  return isPValue(measured) ? floor / Math.max(value, Number.MIN_VALUE) : value / floor;
}

function looksAt(column: ColumnEvidence, context: PolicyContext): Look[] {
  const { rows } = column;
  if (column.untested !== undefined || Math.min(rows.reference, rows.current) < LEAST_ROWS) return [];
  const floorOf = (measured: Measured, usual: number) =>
    Math.max(usual, context.seasonalFloors.get(keyOf(column))?.get(measured) ?? 0);
  const looks = [distribution(column, context, floorOf)];
  const rates = [
    ['missingRatio', column.missing],
    ['outOfRangeRatio', column.outOfRange],
  ] as const;
  for (const [measured, rate] of rates) {
    if (rate === undefined || (rate.reference === 0 && rate.current === 0)) continue;
    // Of none, any share is a multiple: a few rows beyond the range are not what matters.
    const isNew = measured === 'outOfRangeRatio' && rate.reference === 0;
    if (isNew && rate.current < FLOORS.outOfRangeShare) continue;
    const pValue = measured === 'outOfRangeRatio' ? rangePValue(rate, column) : rate.pValue;
    const value = rateRatio(rate, rows);
    looks.push({ measured, value, floor: floorOf(measured, FLOORS.rateRatio), pValue });
  }
  if (column.unseen !== undefined && column.unseen.share > 0) {
    const { share, values } = column.unseen;
    const floor = floorOf('unseenShare', FLOORS.unseenShare);
    const pValue = missedPValue(rows.reference, share / Math.max(1, values.length));
    looks.push({ measured: 'unseenShare', value: share, floor, pValue });
  }
  return looks;
}

function distribution(
  column: ColumnEvidence,
  { settings }: PolicyContext,
  floorOf: (measured: Measured, usual: number) => number,
): Look {
  const { statistics, rate, kind } = column;
  const pValue =
    kind === 'numeric'
      ? statistics.ksPValue
      : kind === 'rate'
        ? (rate?.pValue ?? statistics.chiSquarePValue)
        : statistics.chiSquarePValue;
  const chosen = chosenFor(column, settings);
  if (chosen !== undefined) {
    const { measured, value, threshold } = chosen;
    // A p-value as the column's own statistic is its test already; the floor is what the folder says.
    if (isPValue(measured)) return { measured, value, floor: threshold, pValue: value };
    return { measured, value, floor: floorOf(measured, threshold), pValue: pValue ?? 1 };
  }
  const [measured, value, usual] =
    kind === 'numeric'
      ? (['ks', statistics.ks ?? 0, FLOORS.ks] as const)
      : rate !== undefined
        ? (['rateRatio', rateRatio(rate, column.rows), FLOORS.rateRatio] as const)
        : (['totalVariation', column.totalVariation ?? 0, FLOORS.totalVariation] as const);
  const floor = floorOf(measured, thresholdFor(column, settings, usual));
  return { measured, value, floor, pValue: pValue ?? 1 };
}

/** How likely so many rows hold none of a category with this share: of a small reference, rare ones are missing. */
function missedPValue(rows: number, share: number): number {
  return (1 - share) ** rows;
}

/** Where none of the reference's rows can lie outside, because the range is theirs, proportions say nothing. */
function rangePValue(rate: RateEvidence, { rows }: ColumnEvidence): number {
  return rate.reference > 0 ? rate.pValue : beyondRangePValue(rows.reference, rows.current, rate.current);
}
