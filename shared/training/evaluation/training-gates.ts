import { z } from 'zod';
import { METRICS } from './metric-names.ts';

const share = z.number().min(0).max(1);

const againstChampion = (margin: number) =>
  z
    .strictObject({
      /** `not-worse`: rejected where it is worse; `better`: rejected where it is not better by the margin. */
      require: z.enum(['not-worse', 'better']).default('not-worse'),
      margin: share.default(margin),
    })
    .nullable()
    .prefault({});

const range = z
  .strictObject({ min: z.number().positive().default(0.8), max: z.number().positive().default(1.25) })
  .refine(({ min, max }) => min < max, { path: ['min'], message: 'must be below max' })
  .prefault({});

/**
 * What a version has to keep to before it may be promoted. Each gate has a default, and with the defaults a retrain on
 * the same data passes; `null` turns one off.
 */
export const trainingGatesSchema = z
  .strictObject({
    /** How it has to compare with the champion on rows that neither was trained on. */
    champion: z
      .strictObject({ aucRoc: againstChampion(0.01), averagePrecision: againstChampion(0.02) })
      .prefault({}),
    /** The least that metrics have to be. */
    minimum: z.partialRecord(z.enum(METRICS), z.number()).default({}),
    /**
     * How far the false positive rates of two segments may be apart, in the columns that are named. The others' gaps are
     * only reported: where a column tells much of the label, its rates differ for that reason.
     */
    segmentGap: z
      .strictObject({
        maxFalsePositiveRate: share.default(0.1),
        columns: z.array(z.string()).default([]),
      })
      .nullable()
      .prefault({}),
    calibration: z.strictObject({ observedToExpected: range, slope: range }).nullable().prefault({}),
    /** The most that a single row may take; the model's `limits.maxRowMs` where nothing is said. Milliseconds. */
    latency: z.strictObject({ maxRowMs: z.number().positive().optional() }).nullable().prefault({}),
    size: z
      .strictObject({
        maxBytes: z
          .int()
          .positive()
          .default(64 * 1024 * 1024),
      })
      .nullable()
      .prefault({}),
    /** A feature that tells the label by itself was probably not known when the row was to be scored. */
    leak: z
      .strictObject({
        maxAucRoc: z.number().min(0.5).max(1).default(0.98),
        /** A feature this close to the whole model is reported, and fails nothing. */
        nearModel: share.default(0.005),
      })
      .nullable()
      .prefault({}),
  })
  .readonly();
export type TrainingGates = z.infer<typeof trainingGatesSchema>;

export const DEFAULT_TRAINING_GATES: TrainingGates = trainingGatesSchema.parse({});
