import type { AlertFacts } from '../alerts/alert.ts';
import type { ColumnDrift, DriftReport } from './report.ts';

/** What a report asks for. */
export interface FollowUp {
  /** What is to be said about drift and about performance: an alert, or why there is none (any more). */
  readonly drift: AlertFacts | { readonly over: string };
  readonly performance: AlertFacts | { readonly over: string };
  /** Why a new version may help; absent where none would, or nothing is confirmed. */
  readonly retrain?: {
    readonly reason: string;
    /** Since when what drifts has been drifting, as far as is known: ISO 8601. */
    readonly since: string;
  };
}

/** Columns that an alert names. */
const NAMED = 3;

/**
 * What follows from a drift report: a first drifted window is a notice, an alarm is an alert, and where what callers send
 * has truly changed a new version is asked for. A column that is broken, or whose values are only missing, is mended at
 * its source: a version that was trained on it would learn the fault.
 */
export function followUpOf(report: DriftReport): FollowUp {
  const { model, id, window } = report;
  const drifted = report.columns.filter((column) => column.drifted);
  const loud = drifted.filter((column) => column.alarm === true);
  const decayed = (report.performance ?? []).filter((metric) => metric.decayed);
  const path = `/api/models/${model}/drift/${id}`;
  const facts = { model, path } as const;
  const severity = (alarm: boolean): AlertFacts['severity'] => (alarm ? 'critical' : 'info');
  const span = `${window.from} to ${window.to}`;

  const about = loud.length > 0 ? loud : drifted;
  const isDrift = drifted.length > 0 && (report.drifted || loud.length > 0);
  const drift = isDrift
    ? {
        ...facts,
        key: 'drift' as const,
        severity: severity(loud.length > 0),
        title: `${namesOf(about)} ${about.length === 1 ? 'has' : 'have'} drifted in '${model}'`,
        detail: [report.summary, ...about.slice(0, NAMED).map(detailOf)].filter(Boolean).join(' '),
      }
    : { over: `Nothing of '${model}' has drifted from ${span}.` };

  const worst = decayed.find((metric) => metric.alarm) ?? decayed[0];
  const performance =
    worst === undefined
      ? { over: `The metrics of '${model}' are within their limits from ${span}.` }
      : {
          ...facts,
          key: 'performance' as const,
          severity: severity(decayed.some((metric) => metric.alarm)),
          title: `${worst.metric} of '${model}' is ${worst.current.toFixed(4)}, below its limit of ${worst.limit.toFixed(4)}`,
          detail: `It was ${worst.reference.toFixed(4)} on the held-out rows of version ${report.version}.`,
        };

  const helped = loud.filter((column) => column.broken === undefined && !isQualityAlone(column));
  const since = [...helped, ...decayed.filter((metric) => metric.alarm)].flatMap(
    (cause) => cause.since ?? [],
  );
  if (since.length === 0) return { drift, performance };
  const names = helped.length > 0 ? `drift of ${namesOf(helped)}` : `decay of ${worst?.metric}`;
  return { drift, performance, retrain: { reason: `${names} (report ${id})`, since: since.toSorted()[0]! } };
}

function isQualityAlone({ natures = [] }: ColumnDrift): boolean {
  return natures.length > 0 && natures.every((nature) => nature === 'quality');
}

function namesOf(columns: readonly ColumnDrift[]): string {
  const names = columns.slice(0, NAMED).map(({ column }) => `'${column}'`);
  const more = columns.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function detailOf({ column, reasons = [] }: ColumnDrift): string {
  return reasons.length === 0 ? '' : `${column}: ${reasons.join(' ')}`;
}
