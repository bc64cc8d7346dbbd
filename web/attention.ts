import { percent } from './format.ts';
import { latestMinutes } from './minute-plot.ts';
import { isRunning } from './promotion-state.ts';
import type { DriftReport, Minutes, Performance, Promotion, Runs } from './shapes.ts';

/** Something that a person on call should know. `act`: somebody has to do something; `watch`: worth an eye. */
export interface Notice {
  readonly level: 'act' | 'watch';
  readonly text: string;
  /** The part of the page that says more. */
  readonly section: 'traffic' | 'promotion' | 'drift' | 'performance' | 'runs';
}

export interface Facts {
  readonly minutes: Minutes | undefined;
  readonly promotion: Promotion | undefined;
  readonly drift: DriftReport | undefined;
  readonly performance: Performance | undefined;
  readonly runs: Runs | undefined;
}

/** Errors that nobody has to get up for: a share of the predictions of the last minutes. */
const USUAL_ERRORS = 0.01;
/** How long an end is news: milliseconds. */
const NEWS_MS = 24 * 3_600_000;

/** What to look at, the most urgent first. @param now milliseconds since 1970-01-01T00:00Z */
export function noticesOf(facts: Facts, now: number): Notice[] {
  const notices = [
    ...ofTraffic(facts.minutes),
    ...ofPromotion(facts.promotion, now),
    ...ofDrift(facts.drift),
    ...ofPerformance(facts.performance),
    ...ofRuns(facts.runs, now),
  ];
  return [
    ...notices.filter(({ level }) => level === 'act'),
    ...notices.filter(({ level }) => level === 'watch'),
  ];
}

function ofTraffic(minutes: Minutes | undefined): Notice[] {
  if (minutes === undefined) return [];
  const { predictions, errors, fallbacks } = latestMinutes(minutes);
  const notices: Notice[] = [];
  const failing = (count: number) => count / Math.max(1, predictions);
  if (failing(errors) > USUAL_ERRORS)
    notices.push({
      level: 'act',
      section: 'traffic',
      text: `${percent(failing(errors))} of the predictions of the last 5 minutes failed.`,
    });
  if (failing(fallbacks) > USUAL_ERRORS)
    notices.push({
      level: 'act',
      section: 'traffic',
      text: `The canary fails: ${percent(failing(fallbacks))} of the predictions of the last 5 minutes were answered by the champion instead.`,
    });
  return notices;
}

function ofPromotion(promotion: Promotion | undefined, now: number): Notice[] {
  if (promotion === undefined) return [];
  const { version, phase, reason, percent: share, endedAt } = promotion;
  const why = reason === undefined ? '' : `: ${reason}`;
  if (phase === 'awaiting-approval')
    return [{ level: 'act', section: 'promotion', text: `Version ${version} waits for an approval${why}.` }];
  if (isRunning(promotion))
    return [
      {
        level: 'watch',
        section: 'promotion',
        text: `Version ${version} is being promoted: ${phase}, ${share} %.`,
      },
    ];
  const isNews = endedAt !== undefined && now - Date.parse(endedAt) < NEWS_MS;
  if (!isNews || phase === 'promoted') return [];
  return [
    { level: 'watch', section: 'promotion', text: `The promotion of version ${version} is ${phase}${why}.` },
  ];
}

function ofDrift(report: DriftReport | undefined): Notice[] {
  if (report === undefined || (!report.alarm && !report.drifted)) return [];
  const columns = report.columns.filter(({ drifted }) => drifted).map(({ column }) => column);
  const which = columns.length === 0 ? '' : `: ${shortened(columns)}`;
  return [
    report.alarm
      ? { level: 'act', section: 'drift', text: `Drift alarm${which}.` }
      : { level: 'watch', section: 'drift', text: `Drift in one window, not confirmed yet${which}.` },
  ];
}

function ofPerformance(performance: Performance | undefined): Notice[] {
  const last = performance?.windows.findLast(({ aucRoc }) => typeof aucRoc === 'number');
  if (typeof last?.aucRoc !== 'number' || last.aucRoc > 0.5) return [];
  const text = `Version ${last.version} ranks no better than chance: area under the ROC curve ${last.aucRoc}.`;
  return [{ level: 'act', section: 'performance', text }];
}

function ofRuns(runs: Runs | undefined, now: number): Notice[] {
  const last = runs?.items[0];
  if (last === undefined) return [];
  if (last.status === 'running')
    return [{ level: 'watch', section: 'runs', text: `A retrain runs (${last.reason}): ${last.step}.` }];
  const isNews = now - Date.parse(last.endedAt ?? '') < NEWS_MS;
  if (last.status !== 'failed' || !isNews) return [];
  return [
    {
      level: 'act',
      section: 'runs',
      text: `The last retrain failed: ${last.error ?? 'no reason is known'}.`,
    },
  ];
}

function shortened(names: readonly string[]): string {
  const [shown, rest] = [names.slice(0, 3), names.length - 3];
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
