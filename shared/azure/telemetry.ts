import type { TelemetrySettings } from '../config.ts';
import { NO_TELEMETRY, type Telemetry } from '../telemetry.ts';

/**
 * Opens telemetry to Application Insights, to an OTLP collector, or to both.
 * @param settings undefined where it is off: then nothing of OpenTelemetry is loaded
 */
export async function openTelemetry(settings: TelemetrySettings | undefined): Promise<Telemetry> {
  if (settings === undefined) return NO_TELEMETRY;
  // Imported only when needed: it is a megabyte of code that costs a tenth of a second to load.
  const { startTelemetry } = await import('./start-telemetry.ts');
  return startTelemetry(settings);
}
