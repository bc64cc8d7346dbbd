import { moment } from './format.ts';
import type { Promotion } from './shapes.ts';

const RUNNING = new Set(['shadow', 'canary', 'awaiting-approval']);

export function isRunning({ phase }: Pick<Promotion, 'phase'>): boolean {
  return RUNNING.has(phase);
}

/** The promotion to look at: the one that runs, otherwise the last one. @param items newest first */
export function promotionToShow(items: readonly Promotion[]): Promotion | undefined {
  return items.find(isRunning) ?? items[0];
}

/** Changes whenever the promotion's own page holds more than was read of it. @param promotion as the list has it */
export function revisionOf({ promotionId, phase, step, percent, evaluations, changes }: Promotion): string {
  return JSON.stringify([promotionId, phase, step, percent, evaluations.at(-1)?.at, changes.length]);
}

/** Where a promotion is, as a sentence. */
export function situation(promotion: Promotion): string {
  const { version, phase, step, percent, plan, endedAt, champion } = promotion;
  const place = `step ${step} of ${plan.steps.length}`;
  const over = champion === undefined ? '' : ` over version ${champion}`;
  switch (phase) {
    case 'shadow':
      return `Version ${version} is scored beside the champion, without traffic.`;
    case 'canary':
      return `Version ${version} has ${percent} % of the traffic (${place}).`;
    case 'awaiting-approval':
      if (step === 0) return `Version ${version} waits for an approval after the shadow, without traffic.`;
      return `Version ${version} waits for an approval at ${percent} % of the traffic (${place}).`;
    case 'promoted':
      return `Version ${version} was promoted${over} at ${moment(endedAt)}.`;
    case 'rolled-back':
      return `Version ${version} was rolled back at ${moment(endedAt)}.`;
    default:
      return `The promotion of version ${version} is ${phase} since ${moment(endedAt)}.`;
  }
}
