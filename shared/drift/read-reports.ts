import { Failure } from '../failure.ts';
import type { Page } from '../registry/registry.ts';
import { reportIdSchema } from './check-window.ts';
import type { ReportStore } from './report-store.ts';
import type { DriftReport } from './report.ts';

/** The report of the newest window. @param model one that exists @throws Failure `not-found`, `unavailable` */
export async function latestReport(reports: ReportStore, model: string): Promise<DriftReport> {
  const [newest] = await reports.list(model, 1);
  if (newest === undefined) throw new Failure('not-found', `'${model}' has not been checked for drift yet`);
  return reports.read(model, newest.id);
}

/**
 * Reports without their statistics, the newest windows first.
 * @param model one that exists
 * @param after a report's id
 * @throws Failure `unavailable`
 */
export async function listReports(
  reports: ReportStore,
  model: string,
  limit: number,
  after: string | undefined,
): Promise<Page<DriftReport>> {
  const found = await reports.list(model, limit + 1, after === undefined ? undefined : endOf(after));
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return found.length > limit && last !== undefined ? { items, next: last.id } : { items };
}

/**
 * Whether the inputs had changed by the newest report, and since when.
 * @returns undefined where a model was not checked
 * @throws Failure `unavailable`
 */
export async function inputDrift(
  reports: ReportStore,
  model: string,
): Promise<{ readonly drifted: boolean; readonly from: number } | undefined> {
  const [newest] = await reports.list(model, 1);
  if (newest === undefined) return undefined;
  const changed = newest.columns.filter(
    ({ role, drifted }) => drifted && (role === 'input' || role === 'feature'),
  );
  const since = changed.map((column) => Date.parse(column.since ?? newest.window.from));
  return { drifted: changed.length > 0, from: Math.min(...since, Date.parse(newest.window.from)) };
}

/** The end of the window that a report's id names. @throws Failure `not-found` */
function endOf(id: string): number {
  const [, , to] = reportIdSchema.safeParse(id).data?.split('-') ?? [];
  if (to === undefined) throw new Failure('not-found', 'There is no such drift report');
  const time = to.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\d)(\d{3}Z)$/, '$1-$2-$3:$4:$5.$6');
  return Date.parse(time);
}
