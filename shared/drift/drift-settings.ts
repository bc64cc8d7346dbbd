import { z } from 'zod';

export const DRIFT_POLICIES = ['tollgate', 'evidently', 'ks'] as const;
export type DriftPolicyName = (typeof DRIFT_POLICIES)[number];

/** What is watched of what a model says. */
export const OUTCOME_COLUMNS = ['score', 'flagged', 'blocked'] as const;

/** What a column can be held to instead of what the policy would choose. p-values have to fall below their threshold. */
export const CHOSEN_STATISTICS = [
  'ks',
  'ksPValue',
  'psi',
  'jensenShannon',
  'wassersteinNormed',
  'chiSquarePValue',
] as const;
export type ChosenStatistic = (typeof CHOSEN_STATISTICS)[number];

/** Where a column has a statistic of its own and no threshold. */
export const USUAL_THRESHOLDS: Readonly<Record<ChosenStatistic, number>> = {
  ks: 0.02,
  ksPValue: 0.05,
  psi: 0.1,
  jensenShannon: 0.1,
  wassersteinNormed: 0.1,
  chiSquarePValue: 0.05,
};

/** Metrics that performance can be held to: more of each is better. */
export const WATCHED_METRICS = [
  'aucRoc',
  'averagePrecision',
  'accuracy',
  'precision',
  'recall',
  'f1',
] as const;
export type WatchedMetric = (typeof WATCHED_METRICS)[number];

const columnRuleSchema = z
  .strictObject({ statistic: z.enum(CHOSEN_STATISTICS).optional(), threshold: z.number().gt(0).optional() })
  .readonly();
export type ColumnRule = z.infer<typeof columnRuleSchema>;

/** The `drift` section of a `model.json`: how its live traffic is held against what the model was made from. */
export const driftSettingsSchema = z
  .strictObject({
    policy: z.enum(DRIFT_POLICIES).default('tollgate'),
    /** By the name of a column or a feature. */
    columns: z.record(z.string(), columnRuleSchema).default({}),
    /** How far live performance may fall below what the version had on its held-out rows, and how low at all. */
    performance: z
      .strictObject({
        maxDrop: z
          .partialRecord(z.enum(WATCHED_METRICS), z.number().gt(0))
          .default({ aucRoc: 0.05, averagePrecision: 0.15 }),
        minimum: z.partialRecord(z.enum(WATCHED_METRICS), z.number()).default({}),
        /** Positive labels without which nothing is said. */
        minPositives: z.int().min(1).default(30),
      })
      .prefault({}),
  })
  .readonly();
export type DriftSettings = z.infer<typeof driftSettingsSchema>;

export const DEFAULT_DRIFT_SETTINGS: DriftSettings = driftSettingsSchema.parse({});
