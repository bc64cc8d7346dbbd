import type { Alerts } from '../alerts/alerts.ts';
import { followUpOf } from './follow-up.ts';
import type { DriftReport } from './report.ts';

export interface CarryOutParts {
  readonly alerts: Pick<Alerts, 'raise' | 'resolve'>;
  /** Starts a retrain; absent where drift starts none. @returns what came of it, for the log */
  readonly retrain?:
    | ((
        model: string,
        reason: string,
        drift: { readonly since: string; readonly confirmed: string },
      ) => Promise<string>)
    | undefined;
  readonly log: (message: string) => void;
}

/**
 * Does what follows from the newest report of a model. Safe to do twice: an alert that is open is not raised again, and
 * a retrain is not started again.
 * @throws Failure `unavailable`
 */
export async function carryOut(parts: CarryOutParts, report: DriftReport): Promise<void> {
  const { alerts, retrain, log } = parts;
  const { model, version, id, drifted, alarm, window } = report;
  const asked = followUpOf(report);
  for (const key of ['drift', 'performance'] as const) {
    const alert = asked[key];
    // In sequence: a webhook takes one after the other
    await ('over' in alert ? alerts.resolve(model, key, alert.over) : alerts.raise(alert));
  }
  const verdict = alarm ? 'an alarm' : drifted ? 'drifted' : 'quiet';
  log(`Drift report ${id} of version ${version} of '${model}': ${verdict}`);
  if (asked.retrain === undefined || retrain === undefined) return;
  const { reason, since } = asked.retrain;
  log(await retrain(model, reason, { since, confirmed: window.from }));
}
