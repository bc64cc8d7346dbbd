import type { ColumnEvidence } from './column-evidence.ts';
import {
  chosenFor,
  type ColumnVerdict,
  type DriftPolicy,
  type Measured,
  thresholdFor,
  untested,
} from './column-verdict.ts';
import { judgeBy } from './judge-by.ts';

/** Rows of the reference up to which tests are used, and beyond which distances. */
const FEW_ROWS = 1_000;
/** Distinct values up to which a number counts as a category. */
const FEW_VALUES = 5;
const P_VALUE = 0.05;
const DISTANCE = 0.1;

/** The share of the tested columns from which on the whole data set has drifted. */
export const DATASET_DRIFT_SHARE = 0.5;

/**
 * Policy `evidently`: the rules that Evidently's documentation calls the default ("Data drift algorithm",
 * docs.evidentlyai.com/reference/data-drift-algorithm). With at most 1,000 rows in the reference: Kolmogorov–Smirnov for
 * numbers with more than 5 distinct values, chi-square for the others, the z-test for two values; each at 0.05. With
 * more: the Wasserstein distance over the standard deviation for numbers with more than 5 distinct values, the
 * Jensen–Shannon distance for the others; each from 0.1 on. The data set has drifted with half of its columns.
 */
export const evidentlyPolicy: DriftPolicy = (columns, { settings }) => {
  const verdictOf = (column: ColumnEvidence): ColumnVerdict => {
    if (column.untested !== undefined) return untested(column);
    const chosen = chosenFor(column, settings);
    if (chosen !== undefined) return judgeBy(column, chosen);
    const held = heldTo(column);
    return judgeBy(
      column,
      held && { ...held, threshold: thresholdFor(column, settings, thresholdOf(column)) },
    );
  };
  return columns.map(verdictOf);
};

/** Whether as many columns have drifted as make the whole data set drift. */
export function isDatasetDrift(verdicts: readonly ColumnVerdict[]): boolean {
  const tested = verdicts.filter((verdict) => verdict.tested);
  const drifted = tested.filter((verdict) => verdict.drifted);
  return tested.length > 0 && drifted.length >= DATASET_DRIFT_SHARE * tested.length;
}

function heldTo(column: ColumnEvidence): { measured: Measured; value: number } | undefined {
  const { statistics, rows, distinct, kind, rate } = column;
  const asNumber = kind === 'numeric' && distinct > FEW_VALUES;
  if (rows.reference > FEW_ROWS) {
    return asNumber
      ? given('wassersteinNormed', statistics.wassersteinNormed)
      : given('jensenShannon', statistics.jensenShannon);
  }
  if (asNumber) return given('ksPValue', statistics.ksPValue);
  if (rate !== undefined) return { measured: 'ratePValue', value: rate.pValue };
  // Of two values chi-square is the z-test: its statistic is z². Numbers have no chi-square where they were binned.
  return given('chiSquarePValue', statistics.chiSquarePValue) ?? given('ksPValue', statistics.ksPValue);
}

function thresholdOf({ rows }: ColumnEvidence): number {
  return rows.reference > FEW_ROWS ? DISTANCE : P_VALUE;
}

function given(
  measured: Measured,
  value: number | undefined,
): { measured: Measured; value: number } | undefined {
  return value === undefined ? undefined : { measured, value };
}
