import { z } from 'zod';
import { durationSchema, milliseconds } from './duration.ts';

const share = z.number().positive().lt(1);

const bakeSchema = z.strictObject({
  bake: durationSchema.describe('The least time, however clear the evidence is'),
});

const stepSchema = z.strictObject({
  percent: z
    .number()
    .positive()
    .max(100)
    .multipleOf(0.01)
    .describe('The share of the traffic; a hundredth of a percent is the finest'),
  bake: durationSchema.default('24h').describe('The least time, however clear the evidence is'),
});

const gatesSchema = z.strictObject({
  errorRate: z
    .strictObject({ margin: share.or(z.literal(0)).default(0.005) })
    .prefault({})
    .describe('Failures and fallbacks: how much higher their rate may be'),
  latencyP95: z
    .strictObject({ maxRatio: z.number().min(1).max(100).default(1.5) })
    .prefault({})
    .describe(
      "How many times the champion's 95th percentile may be exceeded as often as it exceeds it itself",
    ),
  scoreShift: z
    .strictObject({ maxPsi: z.number().positive().default(0.25) })
    .prefault({})
    .describe('The greatest population stability index of the scores'),
  decisionRate: z
    .strictObject({ margin: share.default(0.005) })
    .prefault({})
    .describe('Decisions to review or block: how much more or less often they may be'),
});

/** How a version earns its traffic. Every field has a default, and the defaults suit production. */
export const planSchema = z
  .strictObject({
    shadow: bakeSchema.nullable().default({ bake: '24h' }),
    steps: z
      .array(stepSchema)
      .min(1)
      .max(20)
      .default([1, 5, 25, 50, 100].map((percent) => ({ percent, bake: '24h' }))),
    checkEvery: durationSchema.default('5m'),
    minRequests: z
      .int()
      .positive()
      .default(1_000)
      .describe('Requests of the canary (rows, in the shadow) without which a step does not end'),
    minEvents: z
      .int()
      .nonnegative()
      .default(10)
      .describe(
        'Rows reviewed or blocked by either version, and requests of the champion beyond its 95th percentile, ' +
          'without which decisions and latency do not pass',
      ),
    extendAtMost: durationSchema.default('72h').describe('What a step may take beyond its bake time'),
    approval: z.enum(['none', 'before-full', 'every-step']).default('none'),
    approvalExpires: durationSchema.default('72h'),
    keepWarm: durationSchema.default('24h').describe('How long the old champion is kept for a way back'),
    alpha: share
      .max(0.5)
      .default(0.05)
      .describe('How often a harmless version may be rolled back: all gates, steps and looks together'),
    gates: gatesSchema.prefault({}),
  })
  .superRefine((plan, context) => {
    const complain = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    for (const [at, step] of plan.steps.entries()) {
      const before = plan.steps[at - 1];
      if (before !== undefined && step.percent <= before.percent)
        complain(['steps', at, 'percent'], 'has to be more than in the step before');
    }
    if (plan.steps[0]?.percent === 100)
      complain(['steps', 0, 'percent'], 'has to be below 100: at 100 % there is no champion to compare with');
    if (milliseconds(plan.checkEvery) === 0) complain(['checkEvery'], 'has to be more than nothing');
    if (plan.approval !== 'none' && milliseconds(plan.approvalExpires) === 0)
      complain(['approvalExpires'], 'has to be more than nothing');
  })
  .meta({ id: 'Plan' });
export type Plan = z.output<typeof planSchema>;

/** Every field at its default. */
export const DEFAULT_PLAN: Plan = planSchema.parse({});

/** Phases in which a gate may fail: the shadow, each step, and the watch after the promotion. */
export function phaseCount(plan: Plan): number {
  return (plan.shadow === null ? 0 : 1) + plan.steps.length + (milliseconds(plan.keepWarm) > 0 ? 1 : 0);
}
