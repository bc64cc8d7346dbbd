import * as z from 'zod/mini';

/** What the page reads of the API's replies. Members that it does not show are left out, so that replies may grow. */

const number = z.nullish(z.number());

export const modelsShape = z.object({
  items: z.array(z.object({ model: z.string(), isDefault: z.boolean() })),
});
export type Models = z.infer<typeof modelsShape>;

export const trafficShape = z.object({
  champion: z.object({ version: z.string() }),
  canary: z.nullable(z.object({ version: z.string(), percent: z.number(), promotionId: z.string() })),
  shadow: z.nullable(z.object({ version: z.string(), promotionId: z.string() })),
});
export type Traffic = z.infer<typeof trafficShape>;

export const minutesShape = z.object({
  from: z.string(),
  to: z.string(),
  items: z.array(
    z.object({
      minute: z.string(),
      version: z.string(),
      variant: z.string(),
      predictions: z.number(),
      errors: z.number(),
      fallbacks: z.number(),
    }),
  ),
});
export type Minutes = z.infer<typeof minutesShape>;

export const versionsShape = z.object({
  items: z.array(
    z.object({
      version: z.string(),
      state: z.string(),
      createdAt: z.string(),
      learner: z.string(),
      reason: z.optional(z.string()),
      metrics: z.record(z.string(), z.number()),
    }),
  ),
});
export type Versions = z.infer<typeof versionsShape>;

const gateShape = z.object({
  gate: z.string(),
  verdict: z.string(),
  champion: z.record(z.string(), number),
  canary: z.record(z.string(), number),
  estimate: number,
  lower: number,
  upper: number,
  margin: z.number(),
  reason: z.optional(z.string()),
});
export type Gate = z.infer<typeof gateShape>;

const evaluationShape = z.object({
  at: z.string(),
  phase: z.string(),
  step: z.number(),
  verdict: z.string(),
  gates: z.array(gateShape),
});
export type Evaluation = z.infer<typeof evaluationShape>;

export const promotionShape = z.object({
  promotionId: z.string(),
  version: z.string(),
  champion: z.optional(z.string()),
  phase: z.string(),
  step: z.number(),
  percent: z.number(),
  plan: z.object({ steps: z.array(z.object({ percent: z.number(), bake: z.string() })) }),
  requestedBy: z.optional(z.string()),
  startedAt: z.string(),
  endedAt: z.optional(z.string()),
  reason: z.optional(z.string()),
  evaluations: z.array(evaluationShape),
  changes: z.array(z.object({ at: z.string(), by: z.string(), what: z.string() })),
});
export type Promotion = z.infer<typeof promotionShape>;

export const promotionsShape = z.object({ items: z.array(promotionShape) });
export type Promotions = z.infer<typeof promotionsShape>;

const windowShape = z.object({ from: z.string(), to: z.string() });
const driftColumnShape = z.object({
  column: z.string(),
  role: z.optional(z.string()),
  driftScore: number,
  threshold: number,
  drifted: z.boolean(),
  /** What the score is. */
  method: z.optional(z.string()),
  /** Why the column is not held to anything. */
  untested: z.optional(z.string()),
  reasons: z.optional(z.array(z.string())),
});

export const driftReportShape = z.object({
  id: z.string(),
  version: z.optional(z.string()),
  window: windowShape,
  rows: z.optional(z.number()),
  summary: z.optional(z.string()),
  drifted: z.boolean(),
  alarm: z.boolean(),
  columns: z.array(driftColumnShape),
});
export type DriftReport = z.infer<typeof driftReportShape>;

export const driftHistoryShape = z.object({ items: z.array(driftReportShape) });
export type DriftHistory = z.infer<typeof driftHistoryShape>;

const qualityShape = {
  aucRoc: number,
  averagePrecision: number,
  precision: number,
  recall: number,
};
export const performanceShape = z.object({
  windows: z.array(
    z.object({
      from: z.string(),
      to: z.string(),
      version: z.string(),
      predictions: z.number(),
      labels: z.number(),
      coverage: number,
      matured: z.optional(z.boolean()),
      ...qualityShape,
      aucRocInterval: z.optional(z.object({ lower: z.number(), upper: z.number() })),
      estimateOff: z.optional(z.string()),
      estimated: z.optional(z.nullable(z.object(qualityShape))),
    }),
  ),
});
export type Performance = z.infer<typeof performanceShape>;

export const runsShape = z.object({
  items: z.array(
    z.object({
      runId: z.string(),
      reason: z.string(),
      status: z.string(),
      step: z.string(),
      startedAt: z.optional(z.string()),
      endedAt: z.optional(z.string()),
      trials: z.array(z.unknown()),
      version: z.optional(z.string()),
      promotionId: z.optional(z.string()),
      error: z.optional(z.string()),
    }),
  ),
});
export type Runs = z.infer<typeof runsShape>;

export const problemShape = z.object({ title: z.optional(z.string()), detail: z.optional(z.string()) });
