import { z } from 'zod';

const MODEL_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** The name of a model: also a folder in Blob and a partition in Cosmos. */
export const modelNameSchema = z
  .string()
  .regex(MODEL_NAME, 'is not a model name (lower-case letters, digits, hyphens)');

/** Whether a caller's text can be the name of a model. */
export function isModelName(text: string): boolean {
  return MODEL_NAME.test(text);
}

/** Versions count from "1"; they are strings so that no client does arithmetic on them. */
export const versionSchema = z.string().regex(/^[1-9]\d{0,8}$/, 'is not a version (digits, from "1")');

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

export const fileEntrySchema = z.object({
  name: z.string(),
  sha256: sha256Schema,
  bytes: z.int().nonnegative(),
});
export type FileEntry = z.infer<typeof fileEntrySchema>;

export const metricsSchema = z.record(z.string(), z.number());

/** The registry row of one model version. Written once; `rejected` and `retired` are the only later changes. */
export const versionRowSchema = z.object({
  kind: z.literal('version'),
  model: modelNameSchema,
  version: versionSchema,
  number: z.int().positive(),
  state: z.enum(['registered', 'rejected', 'retired']),
  /** Why the gates rejected it, or what they could not tell. */
  reason: z.string().optional(),
  title: z.string(),
  createdAt: z.iso.datetime(),
  createdBy: z.object({ run: z.string() }),
  learner: z.string(),
  params: z.record(z.string(), z.unknown()),
  seed: z.int(),
  datasetVersion: z.string(),
  rows: z.object({ training: z.int(), heldOut: z.int() }),
  metrics: metricsSchema,
  files: z.array(fileEntrySchema).min(1),
});
export type VersionRow = z.infer<typeof versionRowSchema>;

/** Which version a run registers: written once, before the version's row, so that a run that is repeated has no second one. */
export const registrationSchema = z.object({
  kind: z.literal('registration'),
  model: modelNameSchema,
  run: z.string(),
  row: versionRowSchema,
});
export type Registration = z.infer<typeof registrationSchema>;

/** A promotion's id: also an orchestration's instance id, and part of a document's id in Cosmos. */
export const promotionIdSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/, 'is not a promotion id');
/** The phase of a promotion, counted up: 0 is the shadow. */
const stepSchema = z.int().nonnegative();

/** A candidate with live traffic. */
export const canarySchema = z.object({
  version: versionSchema,
  /** Share of the traffic; the smallest that can be assigned is a hundredth of a per cent. */
  percent: z.number().gt(0).max(100),
  promotionId: promotionIdSchema,
  step: stepSchema,
});

/** A candidate that also scores what the champion serves. */
export const shadowSchema = z.object({
  version: versionSchema,
  promotionId: promotionIdSchema,
  step: stepSchema,
});

/** Who may change the traffic: held by one promotion from before it starts until its end. */
export const claimSchema = z.object({
  promotionId: promotionIdSchema,
  /** The row's epoch when the claim was taken: every later write of the promotion names it. */
  epoch: z.int().positive(),
  /** The promotion's newest step, also while nothing is on. */
  step: stepSchema,
  /** Workers leave canary and shadow alone from then on, whether or not anybody has cleaned up. */
  validUntil: z.iso.datetime(),
  candidate: versionSchema,
});
export type Claim = z.infer<typeof claimSchema>;

/**
 * The row that says who gets traffic: the only lock. `champion.version` is the model's champion alias. Rows of the
 * release before promotions have neither `claim` nor `previousChampion`.
 */
export const trafficRowSchema = z.object({
  kind: z.literal('traffic'),
  model: modelNameSchema,
  /** Counts the changes of this row. */
  epoch: z.int().positive(),
  champion: z.object({ version: versionSchema }),
  canary: canarySchema.nullable(),
  shadow: shadowSchema.nullable(),
  claim: claimSchema.nullable().default(null),
  /** Whom the last promotion replaced: a rollback returns to it. */
  previousChampion: z
    .object({ version: versionSchema, promotionId: promotionIdSchema })
    .nullable()
    .default(null),
  changedAt: z.iso.datetime(),
  changedBy: z.string(),
});
export type TrafficRow = z.infer<typeof trafficRowSchema>;

/** The file that a data set version was made from, as it was given. */
export const datasetOriginSchema = z.object({
  file: z.string(),
  format: z.enum(['csv', 'jsonl', 'parquet']),
  sha256: sha256Schema,
  bytes: z.int().nonnegative(),
  url: z.string().optional(),
  /** Of a zip, the member that holds the rows. */
  member: z.string().optional(),
});
export type DatasetOrigin = z.infer<typeof datasetOriginSchema>;

/** A column of a data set version. */
export const datasetColumnSchema = z.object({
  name: z.string(),
  /** The contract's type; of a column that it does not know, what its values are. */
  type: z.enum(['number', 'category', 'timestamp', 'string', 'boolean']),
  /** Whether the contract knows the column: others are kept, and are no features. */
  known: z.boolean(),
  missing: z.int().nonnegative(),
});

/** A data set version: immutable rows in Blob that training can be repeated on. Rows of the first release end at `file`. */
export const datasetRowSchema = z.object({
  kind: z.literal('dataset'),
  model: modelNameSchema,
  version: versionSchema,
  number: z.int().positive(),
  createdAt: z.iso.datetime(),
  source: z.string(),
  format: z.literal('csv'),
  rows: z.int().nonnegative(),
  file: fileEntrySchema,
  delimiter: z.string().length(1).optional(),
  origin: datasetOriginSchema.optional(),
  columns: z.array(datasetColumnSchema).optional(),
  /** Columns of the contract that the file lacks; none of them is required. */
  absent: z.array(z.string()).optional(),
  /** Earliest and latest event time. */
  timeSpan: z.object({ from: z.iso.datetime(), to: z.iso.datetime() }).optional(),
  /** Share of the rows whose label is positive. */
  labelRate: z.number().min(0).max(1).optional(),
  expectations: z
    .object({
      suite: z.string(),
      success: z.boolean(),
      evaluated: z.int(),
      /** What each expectation says that the rows do not meet. */
      failed: z.array(z.string()),
    })
    .optional(),
});
export type DatasetRow = z.infer<typeof datasetRowSchema>;
