import { z } from 'zod';
import { durationSchema } from '../promotion/duration.ts';
import { fileEntrySchema, modelNameSchema, versionSchema } from '../registry/rows.ts';

const count = z.int().nonnegative();

/** What became of predictions; each is counted once as used, or once as one of those that were left out. */
export const predictionCountsSchema = z.object({
  /** On record, each once. */
  predictions: count,
  /** In the training set. */
  used: count,
  /** Used, with a label of 1. */
  positives: count,
  /** Used as negative, because they have no label after the maturity. */
  assumedNegative: count,
  /** Left out: no label, where these are dropped. */
  unlabelled: count,
  /** Left out: blocked and without a label, so nobody can tell what would have come of them. */
  blockedUnlabelled: count,
  /** Left out: another row is of the same transaction. */
  duplicates: count,
  /** Left out: their scoring failed. */
  failed: count,
  /** Left out: their inputs were too large to be logged. */
  truncated: count,
  /** Left out: their inputs are not what the model's definition says now. */
  unfit: count,
  /** Blocked ones among the used: they are labelled selectively, as most blocked payments are never made. */
  blockedUsed: count,
  /** Labels that name the model and are of no prediction of the hour. */
  unknownLabels: count,
  /** Labels that name no model and are of no prediction of this one. */
  unclaimedLabels: count,
});
export type PredictionCounts = z.infer<typeof predictionCountsSchema>;

/** Where each row of a training set comes from. */
export const trainingSetFactsSchema = z.object({
  formatVersion: z.literal(1),
  model: modelNameSchema,
  /** Labels that were received later do not count. */
  asOf: z.iso.datetime(),
  labelling: z.object({ maturity: durationSchema, unlabelled: z.enum(['negative', 'drop']) }),
  rows: count,
  positives: count,
  datasets: z.array(
    z.object({
      version: versionSchema,
      sha256: z.string(),
      rows: count,
      used: count,
      duplicates: count,
    }),
  ),
  /** Predictions in `[from, to)`; absent where none were asked for. */
  predictions: z
    .object({
      from: z.iso.datetime(),
      to: z.iso.datetime(),
      total: predictionCountsSchema,
      /** The hours that have predictions or labels. */
      hours: z.array(predictionCountsSchema.extend({ hour: z.iso.datetime() })),
    })
    .optional(),
});
export type TrainingSetFacts = z.infer<typeof trainingSetFactsSchema>;

/** `manifest.json` of a stored training set. */
export const trainingSetManifestSchema = trainingSetFactsSchema.extend({
  createdAt: z.iso.datetime(),
  delimiter: z.string().length(1),
  file: fileEntrySchema,
});
export type TrainingSetManifest = z.infer<typeof trainingSetManifestSchema>;

export function noPredictions(): PredictionCounts {
  return {
    predictions: 0,
    used: 0,
    positives: 0,
    assumedNegative: 0,
    unlabelled: 0,
    blockedUnlabelled: 0,
    duplicates: 0,
    failed: 0,
    truncated: 0,
    unfit: 0,
    blockedUsed: 0,
    unknownLabels: 0,
    unclaimedLabels: 0,
  };
}

/** Sums, member by member. */
export function sumOf(all: readonly PredictionCounts[]): PredictionCounts {
  const total = noPredictions();
  for (const one of all) {
    for (const name of predictionCountsSchema.keyof().options) total[name] += one[name];
  }
  return total;
}
