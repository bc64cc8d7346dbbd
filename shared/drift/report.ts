import { z } from 'zod';
import { COLUMN_ROLES } from './column-evidence.ts';
import { DRIFT_POLICIES } from './drift-settings.ts';

export const DRIFT_NATURES = ['data', 'prediction', 'target', 'quality'] as const;

/** The statistics by their names in the report; one that does not apply to the column is absent. */
const statisticsSchema = z.object({
  ks: z.number().optional(),
  ksPValue: z.number().optional(),
  psi: z.number().optional(),
  jensenShannon: z.number().optional(),
  wasserstein: z.number().optional(),
  wassersteinNormed: z.number().optional(),
  chiSquare: z.number().optional(),
  chiSquarePValue: z.number().optional(),
});

/** A figure of the reference and of the current window. */
const bothSchema = z.object({ reference: z.number(), current: z.number() });

export const columnDriftSchema = z.object({
  column: z.string(),
  role: z.enum(COLUMN_ROLES),
  kind: z.enum(['numeric', 'categorical']),
  /** From 1; by effect times the model's own importance of the column, inputs and features before score and decision. */
  rank: z.int().min(1),
  statistics: statisticsSchema,
  /** The figure that the policy judges the column by, and the limit that it is held against. */
  driftScore: z.number(),
  threshold: z.number(),
  drifted: z.boolean(),
  /** What the drift score is, such as `ks`, `totalVariation`, `rateRatio`. */
  method: z.string().optional(),
  /** Of the test that the policy asked as well, adjusted where it adjusts. */
  pValue: z.number().optional(),
  /** Drifted in the window before this one, too, or broken: the column raises the alarm. */
  alarm: z.boolean().optional(),
  /** What kind of drift it is; `quality` are values that are missing, out of range or new. */
  natures: z.array(z.enum(DRIFT_NATURES)).optional(),
  /** The start of the first window of those without a break in which it drifted. */
  since: z.string().optional(),
  /** Rows, those without a value among them. */
  rows: bothSchema.optional(),
  /** Shares of rows without a value. */
  missing: bothSchema.optional(),
  /** Shares of rows with a value beyond what the reference had. */
  outOfRange: bothSchema.optional(),
  /** The share of current rows with a category that the reference lacks, and some of those categories. */
  unseen: z.object({ share: z.number(), values: z.array(z.string()) }).optional(),
  /** What the column is no longer, such as `constant`. */
  broken: z.string().optional(),
  /** Why the column is reported and not tested. */
  untested: z.string().optional(),
  /** The model's permutation importance of the column. */
  importance: z.number().optional(),
  /** Sentences for people: what made the policy say drifted, or what else they should know. */
  reasons: z.array(z.string()).optional(),
});

/** A metric, and the limit of the model's folder. */
const metricDriftSchema = z.object({
  metric: z.string(),
  /** On the version's held-out rows, and on the labels that have matured. */
  reference: z.number(),
  current: z.number(),
  limit: z.number(),
  decayed: z.boolean(),
  alarm: z.boolean(),
  since: z.string().optional(),
});

/**
 * The drift report, as it is stored and served. A comparison of two files has no model and no version: both are empty
 * texts then, and the window is the moment of the comparison.
 */
export const driftReportSchema = z.object({
  id: z.string(),
  model: z.string(),
  version: z.string(),
  window: z.object({ from: z.string(), to: z.string() }),
  /** Rows of the current window. */
  rows: z.int().min(0),
  policy: z.enum(DRIFT_POLICIES),
  drifted: z.boolean(),
  alarm: z.boolean(),
  columns: z.array(columnDriftSchema),
  /** Concept drift: metrics on labels that have matured, beside what the version had on its held-out rows. */
  performance: z.array(metricDriftSchema).optional(),
  /** Since when what drifts has been drifting without a break, by `role:column` and `performance:metric`. */
  since: z.record(z.string(), z.string()).optional(),
  /** What happened, in a sentence or two that need no statistics to be understood. */
  summary: z.string().optional(),
  /** What the current window is held against. */
  reference: z.object({ rows: z.int().min(0), description: z.string() }).optional(),
  /** Where the current rows come from. */
  current: z.object({ rows: z.int().min(0), description: z.string() }).optional(),
  createdAt: z.string().optional(),
});

export type ColumnDrift = z.infer<typeof columnDriftSchema>;
export type DriftReport = z.infer<typeof driftReportSchema>;
