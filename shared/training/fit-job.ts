import { z } from 'zod';
import { boostingParamsSchema } from './boosting-params.ts';
import type { BoostingParams } from './boosting-params.ts';
import { BARRIER_CELLS } from './barrier.ts';
import { binnedColumnsSchema, createBinnedColumns } from './binned-columns.ts';
import type { LabelledMatrix } from './matrix.ts';
import { candidateCells } from './candidate-exchange.ts';
import { labelledMatrixSchema, shareFloats, shareMatrix } from './fit-memory.ts';
import { float64ArraySchema, int32ArraySchema } from './typed-array-schemas.ts';

/** Validation rows whose losses are summed as one: fixed, so that the sum does not depend on the number of threads. */
export const LOSS_BLOCK = 4_096;

/** What one thread of a gradient boosting fit is started with. Every array lies in memory that all its threads share. */
export const fitJobSchema = z.strictObject({
  kind: z.literal('boosting'),
  thread: z.int(),
  params: boostingParamsSchema,
  train: labelledMatrixSchema,
  validation: labelledMatrixSchema.optional(),
  memory: z.strictObject({
    barrier: int32ArraySchema,
    ...binnedColumnsSchema.shape,
    /** Per training row: log-odds so far, and the log loss's first and second derivative there. */
    margins: float64ArraySchema,
    gradients: float64ArraySchema,
    hessians: float64ArraySchema,
    candidates: float64ArraySchema,
    /** Per `LOSS_BLOCK` validation rows: their summed log loss. */
    losses: float64ArraySchema,
  }),
});

export type FitJob = z.output<typeof fitJobSchema>;

/** Copies the data into shared memory and lays out the rest of it; `params.threads` is the number of threads. */
export function createFitJob(
  train: LabelledMatrix,
  validation: LabelledMatrix | undefined,
  params: BoostingParams,
): Omit<FitJob, 'thread'> {
  const { rows } = train.x;
  return {
    kind: 'boosting',
    params,
    train: shareMatrix(train),
    validation: validation && shareMatrix(validation),
    memory: {
      barrier: new Int32Array(new SharedArrayBuffer(BARRIER_CELLS * Int32Array.BYTES_PER_ELEMENT)),
      ...createBinnedColumns(train.x),
      margins: shareFloats(rows),
      gradients: shareFloats(rows),
      hessians: shareFloats(rows),
      candidates: shareFloats(candidateCells(params.threads)),
      losses: shareFloats(Math.ceil((validation?.x.rows ?? 0) / LOSS_BLOCK)),
    },
  };
}
