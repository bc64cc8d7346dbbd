import type { ColumnEvidence } from './column-evidence.ts';
import { type ChosenStatistic, type DriftSettings, USUAL_THRESHOLDS } from './drift-settings.ts';

/** What a policy compares with a threshold. `…Ratio`: how many times as large, or as small, a share of the rows is. */
export type Measured =
  | ChosenStatistic
  | 'totalVariation'
  | 'rateRatio'
  | 'ratePValue'
  | 'missingRatio'
  | 'outOfRangeRatio'
  | 'unseenShare';

/** What a policy says of a column. */
export interface ColumnVerdict {
  readonly measured: Measured;
  readonly driftScore: number;
  readonly threshold: number;
  readonly drifted: boolean;
  /** Of the test that was asked besides the effect, adjusted for all tests of the window. */
  readonly pValue?: number;
  /** Whether the column was held to anything. */
  readonly tested: boolean;
  /** Everything that drifted about the column: of several, the first gives score and threshold. */
  readonly found: readonly Measured[];
  /** It carries nothing any more, and chance is no explanation. */
  readonly broken: boolean;
}

/** What is known besides the window itself. */
export interface PolicyContext {
  readonly settings: DriftSettings;
  /** The least effect that counts, by a column's key: what the reference's own days differ by, where that is more than usual. */
  readonly seasonalFloors: SeasonalFloors;
}
export type SeasonalFloors = ReadonlyMap<string, ReadonlyMap<Measured, number>>;

/** Names a column of a window: an input and the feature that is made of it may have one name. */
export function keyOf({ role, column }: Pick<ColumnEvidence, 'role' | 'column'>): string {
  return `${role}:${column}`;
}

/** A way to decide which columns have drifted. @returns one verdict per column, in their order */
export type DriftPolicy = (
  columns: readonly ColumnEvidence[],
  context: PolicyContext,
) => readonly ColumnVerdict[];

/** A column that is reported without being held to anything. */
export function untested(column: ColumnEvidence): ColumnVerdict {
  const { measured, effect } = mainEffect(column);
  return {
    measured,
    driftScore: effect,
    threshold: 1,
    drifted: false,
    tested: false,
    found: [],
    broken: false,
  };
}

/** The effect that a column is judged by where nothing else is asked for: 0 is none, 1 is everything. */
export function mainEffect(column: ColumnEvidence): {
  readonly measured: Measured;
  readonly effect: number;
} {
  return column.kind === 'numeric'
    ? { measured: 'ks', effect: column.statistics.ks ?? 0 }
    : { measured: 'totalVariation', effect: column.totalVariation ?? 0 };
}

/** Whether a statistic is a p-value, which falls as drift grows. */
export function isPValue(measured: Measured): boolean {
  return measured === 'ksPValue' || measured === 'chiSquarePValue' || measured === 'ratePValue';
}

/** Whether a value is beyond its threshold. */
export function isBeyond(measured: Measured, value: number, threshold: number): boolean {
  return isPValue(measured) ? value < threshold : value >= threshold;
}

/** The statistic and threshold that a model's folder sets for a column, where the column has that statistic. */
export function chosenFor(
  column: ColumnEvidence,
  { columns }: DriftSettings,
): { readonly measured: ChosenStatistic; readonly value: number; readonly threshold: number } | undefined {
  const rule = Object.hasOwn(columns, column.column) ? columns[column.column] : undefined;
  if (rule?.statistic === undefined) return undefined;
  const value = column.statistics[rule.statistic];
  if (value === undefined) return undefined;
  return { measured: rule.statistic, value, threshold: rule.threshold ?? USUAL_THRESHOLDS[rule.statistic] };
}

/** The threshold that a model's folder sets for a column whose statistic is the policy's. */
export function thresholdFor(column: ColumnEvidence, { columns }: DriftSettings, usual: number): number {
  const rule = Object.hasOwn(columns, column.column) ? columns[column.column] : undefined;
  return rule?.statistic === undefined ? (rule?.threshold ?? usual) : usual;
}
