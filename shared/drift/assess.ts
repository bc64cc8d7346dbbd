import type { ColumnEvidence } from './column-evidence.ts';
import { type ColumnVerdict, keyOf, type SeasonalFloors } from './column-verdict.ts';
import type { DriftSettings } from './drift-settings.ts';
import { performanceDecay, type PerformanceEvidence, type PerformanceVerdict } from './performance-decay.ts';
import { POLICIES } from './policies.ts';
import { isDatasetDrift } from './policy-evidently.ts';
import { hasImportances, ranked } from './rank.ts';
import type { DRIFT_NATURES } from './report.ts';

/** What kind of drift a column's is. Values that are missing, out of range or new are a matter of quality. */
export type DriftNature = (typeof DRIFT_NATURES)[number];

/** What the window before this one said: it ends no later than this one begins. */
export interface PreviousDrift {
  /** Whether the data set as a whole had drifted: as a rule, whether any column had. */
  readonly drifted: boolean;
  /** Since when columns have been drifting without a break, and metrics have been below their limits: ISO 8601. */
  readonly since: Readonly<Record<string, string>>;
}

export interface DriftInput {
  readonly columns: readonly ColumnEvidence[];
  readonly settings: DriftSettings;
  /** The start of the window, ISO 8601. */
  readonly from: string;
  readonly previous?: PreviousDrift | undefined;
  readonly seasonalFloors?: SeasonalFloors | undefined;
  readonly performance?: readonly PerformanceEvidence[] | undefined;
}

export interface AssessedColumn {
  readonly evidence: ColumnEvidence;
  readonly verdict: ColumnVerdict;
  readonly rank: number;
  /** None where it has not drifted. */
  readonly natures: readonly DriftNature[];
  /** Whether it raises the alarm. */
  readonly alarm: boolean;
  /** The start of the first window of those without a break in which it drifted. */
  readonly since?: string;
}

export interface AssessedMetric extends PerformanceVerdict {
  readonly alarm: boolean;
  readonly since?: string;
}

export interface Assessment {
  readonly drifted: boolean;
  readonly alarm: boolean;
  readonly columns: readonly AssessedColumn[];
  /** Concept drift. */
  readonly performance: readonly AssessedMetric[];
  /** For the window after this one. */
  readonly since: Readonly<Record<string, string>>;
}

/**
 * Says which columns have drifted, and whether it matters.
 *
 * The first window in which a column has drifted is a notice. It raises the alarm where the column had drifted in the
 * window before, too, or where it is broken. An input or a feature that the model does not ask (its importance is 0)
 * raises none unless it is broken: such a drift cannot change a decision.
 */
export function assess(input: DriftInput): Assessment {
  const { columns, settings, from, previous } = input;
  const verdicts = POLICIES[settings.policy](columns, {
    settings,
    seasonalFloors: input.seasonalFloors ?? new Map(),
  });
  const isSpread = settings.policy !== 'evidently' || isDatasetDrift(verdicts);
  const isRepeatedSpread = isSpread && (previous?.drifted ?? false);
  const anyImportance = hasImportances(columns);
  const sinceOf = (name: string) => ownOf(previous?.since, name);
  const judged = columns.map((evidence, index) => {
    const verdict = verdicts[index]!;
    const before = sinceOf(keyOf(evidence));
    const repeated = before !== undefined && (settings.policy !== 'evidently' || isRepeatedSpread);
    const matters = !(isAsked(evidence.role) && anyImportance && evidence.importance === 0);
    return {
      evidence,
      verdict,
      natures: naturesOf(evidence, verdict),
      alarm: verdict.broken || (verdict.drifted && repeated && matters),
      ...(verdict.drifted ? { since: before ?? from } : {}),
    };
  });
  const performance = performanceDecay(input.performance ?? [], settings).map((verdict): AssessedMetric => {
    if (!verdict.decayed) return { ...verdict, alarm: false };
    const before = sinceOf(metricKey(verdict.metric));
    return { ...verdict, alarm: before !== undefined, since: before ?? from };
  });
  const since = new Map<string, string>();
  for (const { evidence, verdict, since: start = from } of judged) {
    const key = keyOf(evidence);
    const before = sinceOf(key);
    if (verdict.drifted) since.set(key, start);
    // A window that has too little of a column to test it says nothing either way.
    else if (!verdict.tested && before !== undefined) since.set(key, before);
  }
  const drifting = judged.filter(({ verdict }) => verdict.drifted);
  const decayed = performance.filter((metric) => metric.decayed);
  for (const metric of decayed) since.set(metricKey(metric.metric), metric.since ?? from);
  return {
    drifted:
      (drifting.length > 0 && isSpread) ||
      drifting.some(({ verdict }) => verdict.broken) ||
      decayed.length > 0,
    alarm: drifting.some(({ alarm }) => alarm) || decayed.some(({ alarm }) => alarm),
    columns: ranked(judged).map((column, index) => ({ ...column, rank: index + 1 })),
    performance,
    since: Object.fromEntries(since),
  };
}

function metricKey(metric: string): string {
  return `performance:${metric}`;
}

function ownOf(record: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}

function isAsked(role: ColumnEvidence['role']): boolean {
  return role === 'input' || role === 'feature';
}

function naturesOf({ role }: ColumnEvidence, { found, broken }: ColumnVerdict): DriftNature[] {
  const quality = found.filter((measured) => QUALITY.has(measured));
  const natures = new Set<DriftNature>();
  if (broken || quality.length > 0) natures.add('quality');
  if (found.length > quality.length) natures.add(NATURES[role]);
  return [...natures];
}

const QUALITY: ReadonlySet<string> = new Set(['missingRatio', 'outOfRangeRatio', 'unseenShare']);
const NATURES: Readonly<Record<ColumnEvidence['role'], DriftNature>> = {
  input: 'data',
  feature: 'data',
  score: 'prediction',
  decision: 'prediction',
  label: 'target',
};
