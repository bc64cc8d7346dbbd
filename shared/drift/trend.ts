import type { ColumnDrift, DriftReport } from './report.ts';

/** Windows that are shown. */
export const TREND_WINDOWS = 30;

/** How far a column was from its limit in one window. */
export interface TrendPoint {
  /** Its name; with its role where an input and the feature that is made of it share one. */
  readonly column: string;
  /** The window's end, epoch milliseconds. */
  readonly at: number;
  /** The drift score in multiples of its threshold: drift begins at 1. */
  readonly times: number;
  readonly drifted: boolean;
}

/** The drift of every column in the last 30 of these reports, in the order of their windows. */
export function trendOf(reports: readonly DriftReport[]): readonly TrendPoint[] {
  const at = ({ window }: DriftReport) => Date.parse(window.to);
  const last = reports.toSorted((a, b) => at(a) - at(b)).slice(-TREND_WINDOWS);
  return last.flatMap((report) =>
    report.columns
      .filter(({ untested }) => untested === undefined)
      .map((column) => ({
        column: labelOf(column, report),
        at: at(report),
        times: timesThreshold(column),
        drifted: column.drifted,
      })),
  );
}

function labelOf({ column, role }: ColumnDrift, { columns }: DriftReport): string {
  const isShared = columns.some((other) => other.column === column && other.role !== role);
  return isShared ? `${column} (${role})` : column;
}

/** A column's drift score in multiples of its threshold; of a p-value, which falls as drift grows, the inverse. */
export function timesThreshold({ method, driftScore, threshold }: ColumnDrift): number {
  const [above, below] = isPValue(method) ? [threshold, driftScore] : [driftScore, threshold];
  return above / Math.max(below, Number.MIN_VALUE);
}

export function isPValue(method: string | undefined): boolean {
  return method?.endsWith('PValue') ?? false;
}
