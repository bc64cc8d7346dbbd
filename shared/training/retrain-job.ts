import { z } from 'zod';
import { modelDefinitionSchema } from '../features/definition.ts';
import { metricsSchema, versionSchema } from '../registry/rows.ts';
import { suiteSchema } from './expectations/suite.ts';
import { gateResultSchema } from './evaluation/gate-results.ts';
import { learnerNameSchema } from './learner.ts';

const bytesSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const cellSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const paramsSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

export const dataSchema = z.object({
  definition: modelDefinitionSchema,
  bytes: bytesSchema,
  delimiter: z.string(),
  /** Which rows are held out, as `parseHoldOut` reads it; the model's own way where it is absent. */
  split: z.string().optional(),
});
/** What every job has that reads rows. */
export type DataJob = z.infer<typeof dataSchema>;
export const trialSchema = z.object({
  number: z.int(),
  learner: learnerNameSchema,
  params: paramsSchema,
  seed: z.int(),
});

/** The champion, and the rows that it was made from. */
export const championSchema = z.object({
  version: versionSchema,
  onnx: bytesSchema,
  contract: z.unknown(),
  bytes: bytesSchema,
  delimiter: z.string(),
  split: z.string(),
});
export type ChampionParts = z.infer<typeof championSchema>;

/** What a thread of a retrain is to do. */
export const retrainJobSchema = z.discriminatedUnion('kind', [
  /** Holds the rows to the model's expectations. */
  dataSchema.extend({ kind: z.literal('expectations'), suite: suiteSchema }),
  /** Fits a trial on a share of the training rows, and measures it on rows held out from them. */
  dataSchema.extend({ kind: z.literal('trial'), trial: trialSchema, share: z.number(), rowSeed: z.int() }),
  /** Makes the version's files. */
  dataSchema.extend({
    kind: z.literal('version'),
    trial: trialSchema,
    dataset: z.object({
      version: versionSchema.optional(),
      trainingSet: z.string().optional(),
      sha256: z.string(),
    }),
    threads: z.int().optional(),
    champion: championSchema.optional(),
    /** What callers have sent lately: later windows are compared with these rows instead of the training rows. */
    recent: z.array(z.record(z.string(), cellSchema)).optional(),
    suite: suiteSchema.optional(),
  }),
]);
export type RetrainJob = z.infer<typeof retrainJobSchema>;
export type ExpectationsJob = Extract<RetrainJob, { kind: 'expectations' }>;
export type TrialJob = Extract<RetrainJob, { kind: 'trial' }>;
export type VersionJob = Extract<RetrainJob, { kind: 'version' }>;

export const expectationsDoneSchema = z.object({
  kind: z.literal('expectations'),
  /** A sentence for each that is not met. */
  failed: z.array(z.string()),
  /** The whole report, as JSON. */
  report: z.string(),
});
export const trialDoneSchema = z.object({
  kind: z.literal('trial'),
  seconds: z.number(),
  metrics: metricsSchema,
});
export const refusedSchema = z.object({ kind: z.literal('refused'), message: z.string() });
export const versionDoneSchema = z.object({
  kind: z.literal('version'),
  metrics: metricsSchema,
  rows: z.object({ training: z.int(), heldOut: z.int() }),
  fitSeconds: z.number(),
  params: paramsSchema,
  gates: z.array(gateResultSchema),
  files: z.map(z.string(), bytesSchema),
});
/** What a thread answers. `refused`: these data and parameters make no model, now or later. */
export const retrainDoneSchema = z.discriminatedUnion('kind', [
  expectationsDoneSchema,
  trialDoneSchema,
  versionDoneSchema,
  refusedSchema,
]);
export type RetrainDone = z.infer<typeof retrainDoneSchema>;
export type VersionDone = z.infer<typeof versionDoneSchema>;
