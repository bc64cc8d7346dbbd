import { expect } from 'vitest';
import { planSchema } from '../../../shared/promotion/plan.ts';
import { PLAN, type PromotionWorld } from '../../fixtures/promotion-world.ts';

/** A plan whose last step somebody has to approve. */
export const APPROVED = planSchema.parse({ ...PLAN, approval: 'before-full' });

/** Lets minutes pass until the promotion is in a phase. */
export async function untilPhase(world: PromotionWorld, id: string, phase: string): Promise<void> {
  for (let minute = 0; minute < 60 && world.record(id).state.situation.phase !== phase; minute += 1) {
    await world.minute();
    await world.check(id);
  }
  expect(world.record(id).state.situation.phase).toBe(phase);
}
