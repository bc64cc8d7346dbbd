import { z } from 'zod';
import { type RetrainDone, retrainDoneSchema, type RetrainJob, retrainJobSchema } from './retrain-job.ts';
import { rowsDoneSchema, type SearchDone, type SearchJob, searchJobSchema } from './search-job.ts';
import { int32ArraySchema } from './typed-array-schemas.ts';

/** What a thread can do, and what it answers. */
export type ThreadJob = RetrainJob | SearchJob;
export type ThreadDone = RetrainDone | SearchDone;

/** What the thread of a job is started with. */
export const threadInputSchema = z.object({
  job: z.discriminatedUnion('kind', [...retrainJobSchema.options, ...searchJobSchema.options]),
  /** In shared memory: the job ends at its next progress once it holds something else than 0. */
  stop: int32ArraySchema.optional(),
});
export type ThreadInput = z.infer<typeof threadInputSchema>;

/** What the thread says: how far it is, and at last its answer. */
export const threadMessageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), stage: z.string(), done: z.number(), total: z.number() }),
  rowsDoneSchema,
  ...retrainDoneSchema.options,
]);
export type ThreadMessage = z.infer<typeof threadMessageSchema>;
