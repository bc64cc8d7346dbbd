import { z } from 'zod';
import { modelNameSchema, promotionIdSchema, versionSchema } from '../registry/rows.ts';
import { type Watermark, watermarkOf, watermarkSchema } from '../rollups/fold-minutes.ts';
import { gateResultSchema, verdictSchema } from './gate.ts';
import type { Plan } from './plan.ts';
import { begin, type PromotionState, promotionStateSchema, type Situation } from './state.ts';

export const PHASES = [
  'shadow',
  'canary',
  'awaiting-approval',
  'promoted',
  'rolled-back',
  'aborted',
  'expired',
] as const;

/** One look at the evidence: what each gate said. */
export const evaluationSchema = z
  .object({
    at: z.iso.datetime(),
    phase: z.enum(PHASES),
    step: z.int().nonnegative(),
    verdict: verdictSchema,
    gates: z.array(gateResultSchema),
  })
  .meta({ id: 'Evaluation' });
export type Evaluation = z.infer<typeof evaluationSchema>;

/** What became different, and through whom. */
export const changeSchema = z.object({
  at: z.iso.datetime(),
  by: z.string(),
  what: z.string(),
  /** From then on; absent in records of earlier releases. */
  phase: z.enum(PHASES).optional(),
  percent: z.number().optional().meta({ description: "The version's share of the traffic from then on" }),
});
export type Change = z.infer<typeof changeSchema>;

/** What a person has asked of the promotion; what follows from it is in the state of the same write. */
const commandSchema = z.object({
  at: z.iso.datetime(),
  kind: z.enum(['approve', 'abort', 'rollback']),
  by: z.string(),
  reason: z.string().optional(),
});

/**
 * The document of a promotion. Evidence, its watermark and what was concluded from them are one write, so that what was
 * counted is counted once, and the traffic follows from the document alone.
 */
export const promotionRowSchema = z.object({
  kind: z.literal('promotion'),
  model: modelNameSchema,
  promotionId: promotionIdSchema,
  /** When it was asked for, in milliseconds since 1970-01-01T00:00Z: the order of the list. */
  number: z.int().positive(),
  /** The candidate. */
  version: versionSchema,
  /** Whom it is to replace. */
  champion: versionSchema,
  /** Of the claim: with the id it fences every write of the traffic. */
  epoch: z.int().positive(),
  /** Counts the writes of this document. */
  revision: z.int().positive(),
  state: promotionStateSchema,
  watermark: watermarkSchema,
  commands: z.array(commandSchema),
  changes: z.array(changeSchema),
  /** Pages of `PAGE` evaluations each, which have documents of their own: one document holds 2 MB at most. */
  pages: z.int().nonnegative(),
  /** Those that came after the pages. */
  evaluations: z.array(evaluationSchema),
});
export type PromotionRow = z.infer<typeof promotionRowSchema>;

export const evaluationPageSchema = z.object({
  kind: z.literal('promotion-evaluations'),
  model: modelNameSchema,
  promotionId: promotionIdSchema,
  page: z.int().nonnegative(),
  evaluations: z.array(evaluationSchema),
});
export type EvaluationPage = z.infer<typeof evaluationPageSchema>;

/** Evaluations of a page: about 150 KB. */
export const PAGE = 50;

/** What does things by itself. */
export const AUTOMATIC = 'tollgate';

export interface Beginning {
  readonly model: string;
  readonly promotionId: string;
  readonly version: string;
  readonly champion: string;
  readonly epoch: number;
  readonly plan: Plan;
  readonly requestedBy: string | undefined;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly at: number;
}

/** The document of a promotion that begins. */
export function beginRecord({ plan, requestedBy, at, ...facts }: Beginning): PromotionRow {
  const state = begin(plan, at, requestedBy);
  return {
    kind: 'promotion',
    ...facts,
    number: at,
    revision: 1,
    state,
    watermark: watermarkFor(state, at),
    commands: [],
    changes: [
      changeOf(
        at,
        requestedBy ?? 'unknown',
        `asked to promote version ${facts.version} over ${facts.champion}`,
        state.situation,
      ),
    ],
    pages: 0,
    evaluations: [],
  };
}

/** The number of the phase in traffic and rollups: the watch after a promotion has one of its own. */
export function trafficStep({ plan, situation }: PromotionState): number {
  return situation.phase === 'promoted' ? plan.steps.length + 1 : situation.step;
}

/** What a phase's evidence begins from. @param at milliseconds since 1970-01-01T00:00Z */
export function watermarkFor(state: PromotionState, at: number): Watermark {
  return watermarkOf(trafficStep(state), at);
}

/**
 * @param at milliseconds since 1970-01-01T00:00Z
 * @param since what the promotion and its traffic are from then on
 */
export function changeOf(
  at: number,
  by: string,
  what: string,
  { phase, percent }: Pick<Situation, 'phase' | 'percent'>,
): Change {
  return { at: new Date(at).toISOString(), by, what, phase, percent };
}
