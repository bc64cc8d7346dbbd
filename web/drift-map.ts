import type { DriftReport } from './shapes.ts';

/** One column on one day. */
export interface DriftCell {
  /** The report that says so: of several of a day the one with the highest score. */
  readonly reportId: string;
  readonly driftScore: number | undefined;
  readonly threshold: number | undefined;
  readonly drifted: boolean;
  /** 0: far from the threshold, 3: drifted; undefined where the column was not tested. */
  readonly heat: 0 | 1 | 2 | 3 | undefined;
}

export interface DriftMap {
  /** Days in UTC, `2026-11-21`, ascending: those on which a report's window ended. */
  readonly days: readonly { readonly day: string; readonly alarm: boolean; readonly reportId: string }[];
  /** Columns, those that drifted most often and most first; a cell is undefined where no report has the column. */
  readonly rows: readonly {
    readonly column: string;
    /** An input and the feature that is made of it may have one name. */
    readonly role: string;
    readonly drifted: number;
    readonly cells: readonly (DriftCell | undefined)[];
  }[];
}

/** Columns by day. @param reports in any order @param most days, the last ones */
export function driftMap(reports: readonly DriftReport[], most = 30): DriftMap {
  const byDay = Map.groupBy(reports, ({ window }) => dayOf(window.to));
  const names = [...byDay.keys()].toSorted().slice(-most);
  const days = names.map((day) => {
    const own = byDay.get(day) ?? [];
    return { day, alarm: own.some(({ alarm }) => alarm), reportId: latestReport(own)?.id ?? '' };
  });
  const columns = new Map<string, { column: string; role: string; cells: (DriftCell | undefined)[] }>();
  for (const [place, day] of names.entries())
    for (const report of byDay.get(day) ?? [])
      for (const found of report.columns) {
        const key = `${found.role ?? ''}:${found.column}`;
        const row = columns.get(key) ?? {
          column: found.column,
          role: found.role ?? '',
          cells: names.map(() => undefined),
        };
        const cell = cellOf(report.id, found);
        const before = row.cells[place];
        if (before === undefined || worse(cell, before)) row.cells[place] = cell;
        columns.set(key, row);
      }
  const rows = [...columns.values()].map((row) => ({
    ...row,
    drifted: row.cells.filter((cell) => cell?.drifted === true).length,
  }));
  return {
    days,
    rows: rows.toSorted((left, right) => right.drifted - left.drifted || peak(right) - peak(left)),
  };
}

function cellOf(reportId: string, column: DriftReport['columns'][number]): DriftCell {
  const { drifted } = column;
  const [driftScore, threshold] = [column.driftScore ?? undefined, column.threshold ?? undefined];
  return { reportId, driftScore, threshold, drifted, heat: heatOf(column) };
}

/**
 * How near a score is to its threshold. A column may be far beyond its threshold and not have drifted, because the
 * effect is not significant, so that the highest heat is kept for those that have.
 */
function heatOf({
  driftScore,
  threshold,
  drifted,
  method,
  untested,
}: DriftReport['columns'][number]): DriftCell['heat'] {
  if (drifted) return 3;
  if (untested !== undefined || typeof driftScore !== 'number' || typeof threshold !== 'number')
    return undefined;
  const times = timesThreshold(method ?? '', driftScore, threshold);
  if (times >= 0.8) return 2;
  return times >= 0.5 ? 1 : 0;
}

/** How much of the way to its threshold a score has gone. */
function timesThreshold(method: string, score: number, threshold: number): number {
  // A p-value falls as drift grows, and a ratio of 1 is no drift at all.
  if (method.endsWith('PValue')) return threshold / Math.max(score, Number.MIN_VALUE);
  if (method.endsWith('Ratio') && threshold > 1) return Math.log(Math.max(score, 1)) / Math.log(threshold);
  return score / Math.max(threshold, Number.MIN_VALUE);
}

/** The report of the latest window. */
export function latestReport(reports: readonly DriftReport[]): DriftReport | undefined {
  return reports.reduce<DriftReport | undefined>(
    (left, right) =>
      left === undefined || Date.parse(right.window.to) > Date.parse(left.window.to) ? right : left,
    undefined,
  );
}

function worse(cell: DriftCell, than: DriftCell): boolean {
  if (cell.drifted !== than.drifted) return cell.drifted;
  return (cell.driftScore ?? -1) > (than.driftScore ?? -1);
}

function peak({ cells }: { readonly cells: readonly (DriftCell | undefined)[] }): number {
  return Math.max(-1, ...cells.map((cell) => cell?.heat ?? -1));
}

function dayOf(time: string): string {
  // A window that ends at midnight is of the day that has ended.
  return new Date(Date.parse(time) - 1).toISOString().slice(0, 10);
}
