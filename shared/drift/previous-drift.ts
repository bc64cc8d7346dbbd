import type { PreviousDrift } from './assess.ts';
import type { DriftReport } from './report.ts';

/**
 * What was said of the window before: the newest one of the same version that had ended when this one began, so that no
 * two of them overlap. Another version has another reference, and begins afresh.
 */
export function previousDrift(
  reports: readonly DriftReport[],
  version: string,
  from: number,
): PreviousDrift | undefined {
  const ended = reports.filter(
    (report) => report.version === version && Date.parse(report.window.to) <= from,
  );
  const [newest] = ended.toSorted((a, b) => Date.parse(b.window.to) - Date.parse(a.window.to));
  return newest && { drifted: newest.drifted, since: newest.since ?? {} };
}
