import type { App } from '../../shared/app.ts';
import { listReports } from '../../shared/drift/read-reports.ts';
import type { DriftReport } from '../../shared/drift/report.ts';
import { readLineage } from '../../shared/lineage/read-lineage.ts';
import { type ServedWindow, servedWindowSchema } from '../../shared/lineage/served-windows.ts';
import type { PromotionRow } from '../../shared/promotion/record.ts';
import { promotionView } from '../../shared/promotion/view.ts';
import { readVerified } from '../../shared/registry/model-folder.ts';
import type { Page } from '../../shared/registry/registry.ts';
import type { VersionView } from '../../shared/registry/views.ts';
import { parseEvaluation } from '../../shared/training/evaluation/card.ts';
import type { RunRow } from '../../shared/training/run-record.ts';
import { gapsOf } from './gaps.ts';
import {
  type DriftAccount,
  FORMAT_VERSION,
  type GovernanceReport,
  type PromotionAccount,
  type TrafficEntry,
  type VersionAccount,
} from './report.ts';

const PAGE = 100;

/** `[from, to)` in milliseconds since 1970-01-01T00:00Z. */
export interface ReportTime {
  readonly from: number;
  readonly to: number;
}

type Sources = Pick<
  App,
  'catalogue' | 'registry' | 'models' | 'datasets' | 'lineage' | 'promotions' | 'retraining' | 'drift'
>;

/**
 * Reads a model's account of a time from what is on record.
 * @param time without `from`: from the model's first version on
 * @throws Failure `not-found` for a model that does not exist, `unavailable`; ModelRefused where a version's evaluation is
 *   not the file that was registered
 */
export async function collectReport(
  app: Sources,
  model: string,
  time: { readonly from: number | undefined; readonly to: number },
  at: Date,
): Promise<GovernanceReport> {
  const traffic = await app.catalogue.model(model);
  const views = await allOf((after) => app.catalogue.versions(model, PAGE, after));
  const from = time.from ?? Math.min(time.to, ...views.map(({ createdAt }) => Date.parse(createdAt)));
  const within = { from, to: time.to };
  const rows = (await allNumbered((before) => app.promotions.store.list(model, PAGE, before))).filter((row) =>
    overlaps(row, within),
  );
  const promotions = await Promise.all(rows.map((row) => promotionAccount(app, row)));
  const runs = (await allNumbered((before) => app.retraining.runs.list(model, PAGE, before))).filter(
    ({ startedAt }) => isIn(startedAt, within),
  );
  const versions: VersionAccount[] = [];
  for (const view of views) {
    // In sequence: a version's account reads many documents
    const account = await versionAccount(app, view, within);
    const isPart =
      isIn(view.createdAt, within) ||
      account.served.length > 0 ||
      promotions.some(({ version }) => version === view.version);
    if (isPart) versions.push(account);
  }
  const facts = {
    formatVersion: FORMAT_VERSION,
    model,
    from: new Date(from).toISOString(),
    to: new Date(time.to).toISOString(),
    generatedAt: at.toISOString(),
    traffic,
    versions,
    promotions,
    changes: changesOf(promotions, within),
    drift: (await allOf((after) => listReports(app.drift.reports, model, PAGE, after)))
      .filter(({ window }) => isIn(window.to, within))
      .map(driftAccount)
      .toReversed(),
    runs: runs.map(({ kind: _kind, model: _model, number: _number, trials, ...run }) => ({
      ...run,
      trials: trials.length,
    })),
    datasets: await datasetsOf(app, model, versions),
  } as const;
  return { ...facts, gaps: gapsOf(facts) };
}

async function versionAccount(app: Sources, view: VersionView, time: ReportTime): Promise<VersionAccount> {
  const { model, version, createdBy } = view;
  const [row, run, lineage] = await Promise.all([
    app.registry.version(model, version),
    app.retraining.runs.read(model, createdBy.run),
    readLineage(app, model, version),
  ]);
  const hasEvaluation = row?.files.some(({ name }) => name === 'evaluation.json') === true;
  const evaluation =
    row && hasEvaluation
      ? parseEvaluation(await readVerified(app.models, row, 'evaluation.json'))
      : undefined;
  const windows = lineage.nodes.flatMap((node) =>
    node.type === 'served' ? [servedWindowSchema.parse(node)] : [],
  );
  return {
    ...view,
    ...(run === undefined ? {} : { run: runFacts(run) }),
    ...(evaluation === undefined
      ? {}
      : {
          data: { sha256: evaluation.dataset.sha256, split: evaluation.split, rows: evaluation.rows },
          intervals: evaluation.intervals,
          comparison: evaluation.comparison,
        }),
    gates: evaluation?.gates ?? [],
    segmentGaps: (evaluation?.segments ?? []).flatMap(({ column, falsePositiveRateGap: gap }) =>
      gap === undefined ? [] : [{ column, ...gap }],
    ),
    served: windows.flatMap((window) => clipped(window, time)),
    lineage,
  };
}

function runFacts({
  reason,
  status,
  startedAt,
  endedAt,
  trigger,
}: RunRow): NonNullable<VersionAccount['run']> {
  return { reason, status, startedAt, trigger, ...(endedAt === undefined ? {} : { endedAt }) };
}

async function promotionAccount({ promotions }: Sources, row: PromotionRow): Promise<PromotionAccount> {
  const {
    model: _model,
    step: _step,
    percent: _percent,
    ...view
  } = promotionView(row, await promotions.store.evaluations(row));
  const approvals = row.commands
    .filter(({ kind }) => kind === 'approve')
    .map(({ at, by, reason }) => ({ at, by, ...(reason === undefined ? {} : { reason }) }));
  return { ...view, approvals, commands: row.commands };
}

/** Changes of the traffic and what people asked for, oldest first. */
function changesOf(promotions: readonly PromotionAccount[], time: ReportTime): TrafficEntry[] {
  return promotions
    .flatMap(({ promotionId, version, changes }) =>
      changes.map(({ at, by, what, phase }) => ({
        at,
        by,
        what,
        version,
        promotionId,
        isRollback: phase === 'rolled-back',
      })),
    )
    .filter(({ at }) => isIn(at, time))
    .toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

function driftAccount(report: DriftReport): DriftAccount {
  const { id, version, window, rows, policy, drifted, alarm, columns, performance = [], summary } = report;
  return {
    id,
    version,
    window,
    rows,
    policy,
    drifted,
    alarm,
    columns: columns.filter((column) => column.drifted).map(({ column }) => column),
    decayed: performance.filter(({ decayed }) => decayed).map(({ metric }) => metric),
    ...(summary === undefined ? {} : { summary }),
  };
}

async function datasetsOf(
  { registry }: Sources,
  model: string,
  versions: readonly VersionAccount[],
): Promise<GovernanceReport['datasets']> {
  const named = versions.flatMap(({ lineage }) =>
    lineage.nodes.flatMap((node) => (node.type === 'dataset' ? [node.version] : [])),
  );
  const numbers = [...new Set(named)].toSorted((one, other) => Number(other) - Number(one));
  const rows = await Promise.all(numbers.map((version) => registry.dataset(model, version)));
  return rows.flatMap((row) => {
    if (row === undefined) return [];
    const { kind: _kind, number: _number, ...shown } = row;
    return [shown];
  });
}

/** All of a list that is read by number, oldest first. */
async function allNumbered<T extends { readonly number: number }>(
  list: (before: number | undefined) => Promise<T[]>,
): Promise<T[]> {
  const found: T[] = [];
  for (let before: number | undefined; ;) {
    // In sequence: a page says where the next one starts
    const page = await list(before);
    found.push(...page);
    before = page.at(-1)?.number;
    if (page.length < PAGE) return found.toReversed();
  }
}

async function allOf<T>(read: (after: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const found: T[] = [];
  for (let after: string | undefined; ;) {
    // In sequence: a page says where the next one starts
    const page = await read(after);
    found.push(...page.items);
    after = page.next;
    if (after === undefined) return found;
  }
}

function isIn(at: string, { from, to }: ReportTime): boolean {
  return Date.parse(at) >= from && Date.parse(at) < to;
}

/** Whether anything of a promotion happened in the time. */
function overlaps({ number, changes }: PromotionRow, { from, to }: ReportTime): boolean {
  const last = Math.max(number, ...changes.map(({ at }) => Date.parse(at)));
  return number < to && last >= from;
}

/** The part of a window that is in the time; the end of one that goes on stays open. */
function clipped(window: ServedWindow, { from, to }: ReportTime): ServedWindow[] {
  const start = Math.max(Date.parse(window.from), from);
  const end = window.to === undefined ? undefined : Math.min(Date.parse(window.to), to);
  if (start >= (end ?? to)) return [];
  const { from: _from, to: _to, ...rest } = window;
  return [
    {
      from: new Date(start).toISOString(),
      ...(end === undefined ? {} : { to: new Date(end).toISOString() }),
      ...rest,
    },
  ];
}
