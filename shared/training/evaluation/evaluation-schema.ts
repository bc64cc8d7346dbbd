import { z } from 'zod';
import { durationSchema } from '../../promotion/duration.ts';
import { comparisonSchema } from './compare.ts';
import { costsSchema } from './costs.ts';
import { gateResultSchema } from './gate-results.ts';
import { intendedUseSchema } from './intended-use.ts';
import { intervalSchema } from './interval.ts';
import { METRICS } from './metric-names.ts';
import { segmentTableSchema } from './segments.ts';
import { singleFeatureSchema } from './single-features.ts';

/** Times of the first and the last row. */
const spanSchema = z.object({ from: z.iso.datetime(), to: z.iso.datetime() });

/** What is known of the labels that live traffic brought. */
export const labellingSchema = z.object({
  /** What a prediction counts as that has no label when its labels have matured. */
  unlabelled: z.enum(['negative', 'drop']),
  maturityHours: z.number().nonnegative(),
  predictions: z.int().nonnegative(),
  labelled: z.int().nonnegative(),
  /** Blocked payments did not happen, so their labels are a guess. */
  blocked: z.int().nonnegative(),
});
export type Labelling = z.infer<typeof labellingSchema>;

/**
 * `evaluation.json`. What early versions did not record is optional; what a later one records besides is kept, so that
 * every version's file stays readable.
 */
export const evaluationSchema = z.looseObject({
  /** On the held-out rows. */
  metrics: z.record(z.string(), z.number().nullable()),
  split: z.string(),
  rows: z.object({ training: z.int(), heldOut: z.int(), gap: z.int().optional() }),
  dataset: z.looseObject({ version: z.string().optional(), sha256: z.string() }),
  learner: z.string(),
  params: z.record(z.string(), z.unknown()),
  seed: z.int().optional(),
  trees: z.number().optional(),
  fitSeconds: z.number(),
  exportCheck: z.looseObject({ rows: z.number(), worst: z.number(), tolerance: z.number() }).optional(),
  importances: z
    .array(
      z.looseObject({
        feature: z.string(),
        averagePrecision: z.number(),
        aucRoc: z.number(),
        deviation: z.number(),
      }),
    )
    .optional(),
  positives: z.object({ training: z.int(), heldOut: z.int() }).optional(),
  spans: z.object({ training: spanSchema, heldOut: spanSchema }).partial().optional(),
  intervals: z.partialRecord(z.enum(METRICS), intervalSchema).optional(),
  resampling: z.object({ resamples: z.int(), seed: z.int(), clusters: z.int() }).optional(),
  costs: costsSchema.optional(),
  /** How long a label takes to be certain, as the cards' precision was measured. */
  maturity: durationSchema.optional(),
  segments: z.array(segmentTableSchema).optional(),
  singleFeatures: z.array(singleFeatureSchema).optional(),
  rowMs: z.number().optional(),
  modelBytes: z.int().optional(),
  comparison: comparisonSchema.optional(),
  gates: z.array(gateResultSchema).optional(),
  labelling: labellingSchema.optional(),
  use: intendedUseSchema.optional(),
});
export type Evaluation = z.infer<typeof evaluationSchema>;
