import { Failure, messageOf } from '../failure.ts';
import { ModelRefused, readVerified } from '../registry/model-folder.ts';
import type { Blobs } from '../registry/ports.ts';
import type { Registry } from '../registry/registry.ts';
import { isModelName, type VersionRow } from '../registry/rows.ts';
import { parseEvaluation } from '../training/evaluation/card.ts';
import { DEFINITION_FILE, readVersionDefinition } from '../training/model-definition-file.ts';
import { assess } from './assess.ts';
import type { Baseline } from './baseline.ts';
import { checkWindow, type CheckWindow, type DriftWindow, reportIdOf } from './check-window.ts';
import { DEFAULT_DRIFT_SETTINGS, type DriftSettings } from './drift-settings.ts';
import { distributionsOf } from './histogram-distribution.ts';
import type { WindowHistogram } from './histogram.ts';
import { type LabelCounts, withLabels } from './label-counts.ts';
import { measure } from './measure.ts';
import type { PerformanceEvidence } from './performance-decay.ts';
import { previousDrift } from './previous-drift.ts';
import { reportOf } from './report-of.ts';
import { reportPage } from './report-page.ts';
import type { ReportStore } from './report-store.ts';
import type { DriftReport } from './report.ts';
import { SEASONAL_DAYS } from './seasonal-floors.ts';
import { seasonalReference } from './seasonal-reference.ts';
import { TREND_WINDOWS } from './trend.ts';
import { asksForWeekday, withoutWeekdayScores } from './weekday-scores.ts';

/** What labels say by now of a version and a window. */
export interface WindowOutcomes {
  /** Of predictions as old as labels take to be certain; absent where there are none. */
  readonly labels?: LabelCounts | undefined;
  readonly performance: readonly PerformanceEvidence[];
}

export interface DriftParts {
  readonly registry: Pick<Registry, 'traffic' | 'version'>;
  readonly models: Blobs;
  readonly reports: ReportStore;
  /** @returns undefined where a version has none, and none can be made */
  readonly baselineOf: (model: string, version: string) => Promise<Baseline | undefined>;
  /** What a version's predictions of a window looked like. */
  readonly windowOf: (model: string, version: string, window: CheckWindow) => Promise<WindowHistogram>;
  readonly outcomesOf: (model: string, version: string, window: CheckWindow) => Promise<WindowOutcomes>;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly time: () => number;
}

const SEASONAL_MS = SEASONAL_DAYS * 86_400_000;
/** Columns that are drawn: the others of a report have their figures. */
const DRAWN = 12;

/**
 * Holds a window of the champion's predictions against what the version was made from, and stores the report. A window
 * that was checked has the report that it got then.
 * @throws Failure `not-found`, `invalid`, `conflict` where the version has nothing to compare with, `unavailable`
 */
export async function checkDrift(parts: DriftParts, model: string, asked: DriftWindow): Promise<DriftReport> {
  const { registry, reports } = parts;
  const traffic = isModelName(model) ? await registry.traffic(model) : undefined;
  if (traffic === undefined) throw new Failure('not-found', 'There is no model of that name');
  const { version } = traffic.row.champion;
  const earlier = await reports.list(model, TREND_WINDOWS);
  const now = parts.time();
  const last = earlier[0];
  const window = checkWindow(asked, now, last && Date.parse(last.window.to));
  const id = reportIdOf(version, window);
  const stored = await reports.find(model, id);
  if (stored !== undefined) {
    // The attempt that stored it may have ended there.
    await reports.enlist(stored);
    return stored;
  }
  const row = await registry.version(model, version);
  if (row === undefined)
    throw new Failure('unavailable', `Version ${version} of '${model}' is not registered`);
  return newReport(parts, row, { id, window, earlier, now });
}

interface Asked {
  readonly id: string;
  readonly window: CheckWindow;
  /** Reports of windows before, and perhaps after. */
  readonly earlier: readonly DriftReport[];
  readonly now: number;
}

async function newReport(
  parts: DriftParts,
  row: VersionRow,
  { id, window, earlier, now }: Asked,
): Promise<DriftReport> {
  const { model, version } = row;
  const baseline = await usable(version, () => parts.baselineOf(model, version));
  if (baseline === undefined)
    throw new Failure(
      'conflict',
      `There is no record of what version ${version} of '${model}' was made from`,
    );
  const { spec } = baseline;
  const read = (of: CheckWindow) => parts.windowOf(model, version, of);
  const [{ settings, importances, isOfWeekdays }, predictions, outcomes] = await Promise.all([
    readVersionFacts(parts.models, row),
    read(window),
    parts.outcomesOf(model, version, window),
  ]);
  const current = withLabels(predictions, spec, outcomes.labels);
  const compare = (before: WindowHistogram, after: WindowHistogram) =>
    measure(spec, before, after, importances);
  const seasonal =
    window.from - SEASONAL_MS < Date.parse(row.createdAt)
      ? undefined
      : await seasonalReference({ read, measure: compare }, window);
  const reference =
    seasonal === undefined ? baseline.reference : withBaselineLabels(seasonal.reference, baseline);
  const compared = compare(reference, current);
  const assessment = assess({
    columns: isOfWeekdays && seasonal === undefined ? withoutWeekdayScores(compared, window) : compared,
    settings,
    from: new Date(window.from).toISOString(),
    previous: previousDrift(earlier, version, window.from),
    seasonalFloors: seasonal?.floors,
    performance: outcomes.performance,
  });
  const report = reportOf(assessment, {
    id,
    model,
    version,
    window: { from: new Date(window.from).toISOString(), to: new Date(window.to).toISOString() },
    rows: current.rows,
    policy: settings.policy,
    reference:
      seasonal === undefined
        ? { rows: reference.rows, description: `the rows that version ${version} was trained on` }
        : {
            rows: reference.rows,
            description: 'the same hours of the same weekday of the four weeks before',
          },
    current: { rows: current.rows, description: `predictions of version ${version}` },
    createdAt: new Date(now).toISOString(),
  });
  const drawn = report.columns.filter(({ untested }) => untested === undefined).slice(0, DRAWN);
  const distributions = distributionsOf(spec, reference, current, drawn);
  const before = earlier.filter((one) => Date.parse(one.window.to) <= window.from);
  return parts.reports.add(report, await reportPage({ report, distributions, earlier: before }));
}

/** Labels are compared with those of the baseline: windows of predictions have none. */
function withBaselineLabels(
  reference: WindowHistogram,
  { spec, reference: baseline }: Baseline,
): WindowHistogram {
  const columns = reference.columns.map((counts, index) =>
    spec[index]?.role === 'label' ? baseline.columns[index]! : counts,
  );
  return { ...reference, columns };
}

interface VersionFacts {
  readonly settings: DriftSettings;
  readonly importances: ReadonlyMap<string, number>;
  readonly isOfWeekdays: boolean;
}

/** What a version's folder says of how it is watched, and what its features are worth to it. */
async function readVersionFacts(models: Blobs, row: VersionRow): Promise<VersionFacts> {
  const has = (name: string) => row.files.some((file) => file.name === name);
  return usable(row.version, async () => {
    const definition = has(DEFINITION_FILE) ? await readVersionDefinition(models, row) : undefined;
    const evaluation = parseEvaluation(await readVerified(models, row, 'evaluation.json'));
    const importances = (evaluation.importances ?? []).map(
      ({ feature, averagePrecision }): [string, number] => [feature, averagePrecision],
    );
    return {
      settings: definition?.drift ?? DEFAULT_DRIFT_SETTINGS,
      importances: new Map(importances),
      isOfWeekdays: definition !== undefined && asksForWeekday(definition),
    };
  });
}

/** @throws Failure `unavailable` where the version's folder is not what the registry says */
async function usable<T>(version: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ModelRefused)) throw error;
    const message = `The folder of version ${version} cannot be used: ${messageOf(error)}`;
    throw new Failure('unavailable', message, { cause: error });
  }
}
