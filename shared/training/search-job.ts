import { z } from 'zod';
import { labelledMatrixSchema } from './fit-memory.ts';
import { dataSchema, type refusedSchema, type trialDoneSchema, trialSchema } from './retrain-job.ts';

/** What the trials of a search are fitted on and measured on, in memory that threads share. */
const searchRowsSchema = z.object({ training: labelledMatrixSchema, validation: labelledMatrixSchema });
export type SearchRows = z.infer<typeof searchRowsSchema>;

/** What a thread is to do for a search that one process carries out in one go. */
export const searchJobSchema = z.discriminatedUnion('kind', [
  /** Reads the rows once, for all trials. */
  dataSchema.extend({ kind: z.literal('rows') }),
  /** A retrain's `trial`, on rows that have been read. */
  z.object({
    kind: z.literal('fit'),
    rows: searchRowsSchema,
    trial: trialSchema,
    share: z.number(),
    rowSeed: z.int(),
    threads: z.int(),
  }),
]);
export type SearchJob = z.infer<typeof searchJobSchema>;

export const rowsDoneSchema = z.object({
  kind: z.literal('rows'),
  /** All rows, also those that the version will be measured on. */
  count: z.int(),
  rows: searchRowsSchema,
});
export type SearchDone =
  z.infer<typeof rowsDoneSchema> | z.infer<typeof trialDoneSchema> | z.infer<typeof refusedSchema>;
