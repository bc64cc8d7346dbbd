import type { AssessedColumn, Assessment } from './assess.ts';
import type { DriftPolicyName } from './drift-settings.ts';
import { reasonsOf } from './reasons.ts';
import type { ColumnDrift, DriftReport } from './report.ts';
import { driftSummary } from './summary.ts';

/** What a report says besides what was found. */
export interface ReportFacts extends Pick<
  DriftReport,
  'id' | 'model' | 'version' | 'window' | 'rows' | 'reference' | 'current' | 'createdAt'
> {
  readonly policy: DriftPolicyName;
}

/** The report of an assessment. */
export function reportOf(assessment: Assessment, facts: ReportFacts): DriftReport {
  const report: DriftReport = {
    ...facts,
    drifted: assessment.drifted,
    alarm: assessment.alarm,
    columns: assessment.columns.map(columnOf),
    ...(assessment.performance.length === 0 ? {} : { performance: [...assessment.performance] }),
    since: { ...assessment.since },
  };
  return { ...report, summary: driftSummary(report) };
}

function columnOf({ evidence, verdict, rank, natures, alarm, since }: AssessedColumn): ColumnDrift {
  const { missing, outOfRange, unseen, broken, untested } = evidence;
  const reasons = reasonsOf(evidence, verdict);
  return {
    column: evidence.column,
    role: evidence.role,
    kind: evidence.kind === 'numeric' ? 'numeric' : 'categorical',
    rank,
    statistics: evidence.statistics,
    driftScore: verdict.driftScore,
    threshold: verdict.threshold,
    drifted: verdict.drifted,
    method: verdict.measured,
    ...(verdict.pValue === undefined ? {} : { pValue: verdict.pValue }),
    alarm,
    ...(natures.length === 0 ? {} : { natures: [...natures] }),
    ...(since === undefined ? {} : { since }),
    rows: evidence.rows,
    missing: { reference: missing.reference, current: missing.current },
    ...(outOfRange === undefined
      ? {}
      : { outOfRange: { reference: outOfRange.reference, current: outOfRange.current } }),
    ...(unseen === undefined ? {} : { unseen: { share: unseen.share, values: [...unseen.values] } }),
    ...(broken === undefined ? {} : { broken }),
    ...(untested === undefined ? {} : { untested }),
    importance: evidence.importance,
    ...(reasons.length === 0 ? {} : { reasons }),
  };
}
