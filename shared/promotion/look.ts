import { foldMinutes } from '../rollups/fold-minutes.ts';
import { MINUTE_MS, type MinuteRow } from '../rollups/minute-row.ts';
import { criteriaOf } from './criteria.ts';
import { decide, type Decision } from './decide.ts';
import { milliseconds } from './duration.ts';
import { evolve, type PromotionEvent } from './evolve.ts';
import { assess } from './gathered.ts';
import type { Plan } from './plan.ts';
import { AUTOMATIC, changeOf, type PromotionRow, trafficStep, watermarkFor } from './record.ts';

/**
 * One look at a running promotion: the increments since the last one, what they say, and what follows.
 * @param minutes rows of this promotion, all that `minutesToRead` names
 * @param now milliseconds since 1970-01-01T00:00Z
 * @returns the document as it is to be written, in one write
 */
export function look(row: PromotionRow, minutes: readonly MinuteRow[], now: number): PromotionRow {
  const { plan } = row.state;
  const criteria = criteriaOf(plan);
  const fold = foldMinutes(minutesOfPhase(row, minutes), row.watermark, { now, early: isQuick(plan) });
  const gathered = evolve(row.state, { kind: 'checked', at: now, block: fold.block }, criteria);
  const assessment = assess(gathered.gathered, criteria);
  const decision = decide(gathered, assessment, now);
  const event = eventOf(decision, now);
  const state = event === undefined ? gathered : evolve(gathered, event, criteria);
  const what = textOf(decision, row);
  const { phase, step } = row.state.situation;
  return {
    ...row,
    state,
    watermark: trafficStep(state) === fold.watermark.step ? fold.watermark : watermarkFor(state, now),
    evaluations: [
      ...row.evaluations,
      { at: new Date(now).toISOString(), phase, step, ...copyOf(assessment) },
    ],
    changes:
      what === undefined ? row.changes : [...row.changes, changeOf(now, AUTOMATIC, what, state.situation)],
  };
}

/** Whether looks come faster than minutes: then a look takes what the minute has so far. */
function isQuick(plan: Plan): boolean {
  return milliseconds(plan.checkEvery) < MINUTE_MS;
}

/**
 * The rows that the phase's evidence is made of. In the watch the candidate serves as champion; to the gates it still is
 * the one under test, and a worker that has not noticed the promotion yet still serves with the old one.
 */
function minutesOfPhase({ state, version }: PromotionRow, minutes: readonly MinuteRow[]): MinuteRow[] {
  if (state.situation.phase !== 'promoted') return [...minutes];
  return minutes.flatMap((row) =>
    row.kind === 'requests' && row.variant === 'champion' && row.version === version
      ? [{ ...row, variant: 'canary' as const }]
      : [],
  );
}

function copyOf({ verdict, gates }: ReturnType<typeof assess>) {
  return { verdict, gates: [...gates] };
}

function eventOf(decision: Decision, at: number): PromotionEvent | undefined {
  switch (decision.kind) {
    case 'stay':
    case 'finish':
      return undefined;
    case 'extend':
      return { kind: 'extended', at };
    case 'advance':
      return { kind: 'step-started', at, step: decision.step };
    case 'await-approval':
      return { kind: 'approval-requested', at, next: decision.next, reason: decision.reason };
    case 'promote':
      return { kind: 'promoted', at };
    case 'roll-back':
      return { kind: 'rolled-back', at, reason: decision.reason, gate: decision.gate };
    case 'expire':
      return { kind: 'expired', at, reason: decision.reason };
    case 'end-watch':
      return { kind: 'watch-ended', at };
  }
}

/** What the record says of a decision; undefined where nothing changes. */
function textOf(decision: Decision, { version, champion }: PromotionRow): string | undefined {
  switch (decision.kind) {
    case 'stay':
    case 'finish':
      return undefined;
    case 'extend':
      return `the step goes on, until ${new Date(decision.until).toISOString()} at most: ${decision.reason}`;
    case 'advance':
      return `version ${version} gets ${decision.percent} % of the traffic (step ${decision.step})`;
    case 'await-approval':
      return `waits for approval: ${decision.reason}`;
    case 'promote':
      return `version ${version} is champion in place of ${champion}`;
    case 'roll-back':
      return `rolled back to version ${champion} by the gate ${decision.gate}: ${decision.reason}`;
    case 'expire':
      return `expired, all traffic back to version ${champion}: ${decision.reason}`;
    case 'end-watch':
      return `the watch has ended: version ${champion} is retired`;
  }
}
