import { z } from 'zod';
import { modelDefinitionSchema } from '../features/definition.ts';
import { metricsSchema, versionSchema } from '../registry/rows.ts';
import { gateResultSchema } from './evaluation/gate-results.ts';
import { learnerNameSchema } from './learner.ts';

const bytesSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const paramsSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

const dataSchema = z.object({ definition: modelDefinitionSchema, bytes: bytesSchema, delimiter: z.string() });
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
  /** Fits a trial on a share of the training rows, and measures it on rows held out from them. */
  dataSchema.extend({ kind: z.literal('trial'), trial: trialSchema, share: z.number(), rowSeed: z.int() }),
  /** Makes the version's files. */
  dataSchema.extend({
    kind: z.literal('version'),
    trial: trialSchema,
    dataset: z.object({ version: versionSchema, trainingSet: z.string(), sha256: z.string() }),
    champion: championSchema.optional(),
  }),
]);
export type RetrainJob = z.infer<typeof retrainJobSchema>;
export type TrialJob = Extract<RetrainJob, { kind: 'trial' }>;
export type VersionJob = Extract<RetrainJob, { kind: 'version' }>;

export const trialDoneSchema = z.object({
  kind: z.literal('trial'),
  seconds: z.number(),
  metrics: metricsSchema,
});
export const versionDoneSchema = z.object({
  kind: z.literal('version'),
  metrics: metricsSchema,
  rows: z.object({ training: z.int(), heldOut: z.int() }),
  params: paramsSchema,
  gates: z.array(gateResultSchema),
  files: z.map(z.string(), bytesSchema),
});
/** What a thread answers. `refused`: these data and parameters make no model, now or later. */
export const retrainDoneSchema = z.discriminatedUnion('kind', [
  trialDoneSchema,
  versionDoneSchema,
  z.object({ kind: z.literal('refused'), message: z.string() }),
]);
export type RetrainDone = z.infer<typeof retrainDoneSchema>;
export type VersionDone = z.infer<typeof versionDoneSchema>;
