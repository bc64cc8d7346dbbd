import type { ColumnEvidence, ColumnRole } from './column-evidence.ts';
import { type ColumnVerdict, mainEffect } from './column-verdict.ts';

/** What goes into a model is told before what comes out of it: the first explains the second. */
const GROUPS: Readonly<Record<ColumnRole, number>> = {
  input: 0,
  feature: 0,
  score: 1,
  decision: 1,
  label: 2,
};

export interface Judged {
  readonly evidence: ColumnEvidence;
  readonly verdict: ColumnVerdict;
}

/**
 * Columns in order of rank: inputs and features, then score and decision, then the label; among those, what drifted
 * before what did not, then by effect times importance, and inputs before the features that are made of them.
 */
export function ranked<T extends Judged>(columns: readonly T[]): T[] {
  const anyImportance = hasImportances(columns.map(({ evidence }) => evidence));
  const weight = ({ evidence }: T) => effectOf(evidence) * weightOf(evidence, anyImportance);
  return columns.toSorted(
    (a, b) =>
      GROUPS[a.evidence.role] - GROUPS[b.evidence.role] ||
      Number(b.verdict.drifted) - Number(a.verdict.drifted) ||
      weight(b) - weight(a) ||
      effectOf(b.evidence) - effectOf(a.evidence) ||
      Number(a.evidence.role === 'feature') - Number(b.evidence.role === 'feature'),
  );
}

/** Whether importances were measured of the version at all: those of early versions were not. */
export function hasImportances(columns: readonly ColumnEvidence[]): boolean {
  return columns.some(({ importance }) => importance !== 0);
}

/** The share of the rows that a drift has moved, 0 to 1. */
function effectOf(column: ColumnEvidence): number {
  if (column.broken !== undefined) return 1;
  const { missing, outOfRange, unseen } = column;
  return Math.max(
    mainEffect(column).effect,
    Math.abs(missing.current - missing.reference),
    outOfRange === undefined ? 0 : Math.abs(outOfRange.current - outOfRange.reference),
    unseen?.share ?? 0,
  );
}

/** By chance the importance of a feature that hardly counts is below 0. */
function weightOf({ role, importance }: ColumnEvidence, anyImportance: boolean): number {
  return anyImportance && (role === 'input' || role === 'feature') ? Math.max(importance, 0) : 1;
}
