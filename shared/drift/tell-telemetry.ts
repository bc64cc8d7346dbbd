import type { Telemetry } from '../telemetry.ts';
import { TELEMETRY_ATTRIBUTES as NAMED, TELEMETRY_EVENTS } from '../telemetry-names.ts';
import type { DriftReport } from './report.ts';

/** Tells telemetry of a report that raises the alarm: which columns, and none of their values. */
export function tellOfDrift(
  telemetry: Pick<Telemetry, 'event'>,
  { id, model, version, alarm, columns }: DriftReport,
): void {
  if (!alarm) return;
  telemetry.event(TELEMETRY_EVENTS.driftAlarm, {
    [NAMED.model]: model,
    [NAMED.version]: version,
    [NAMED.reportId]: id,
    [NAMED.columns]: columns
      .filter((column) => column.alarm === true)
      .map(({ column }) => column)
      .join(','),
  });
}
