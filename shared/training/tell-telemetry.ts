import type { Telemetry } from '../telemetry.ts';
import { TELEMETRY_ATTRIBUTES as NAMED, TELEMETRY_EVENTS } from '../telemetry-names.ts';
import type { RunRow } from './run-record.ts';

/** Tells telemetry of a run that has ended with an error. What the error says may quote a row, so it stays in the record. */
export function tellOfRun(
  telemetry: Pick<Telemetry, 'event'>,
  { model, runId, status, step }: Pick<RunRow, 'model' | 'runId' | 'status' | 'step'>,
): void {
  if (status !== 'failed') return;
  const reason = `it failed at the step '${step}': see its record`;
  telemetry.event(TELEMETRY_EVENTS.retrainFailed, {
    [NAMED.model]: model,
    [NAMED.runId]: runId,
    [NAMED.reason]: reason,
  });
}
