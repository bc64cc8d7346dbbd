import { z } from 'zod';
import { boostingParamsSchema } from './boosting-params.ts';
import type { BoostingParams } from './boosting-params.ts';
import { BARRIER_CELLS } from './barrier.ts';
import { MAX_THRESHOLDS } from './binning.ts';
import type { LabelledMatrix } from './matrix.ts';
import { candidateCells } from './candidate-exchange.ts';
import {
  float32ArraySchema,
  float64ArraySchema,
  int32ArraySchema,
  uint8ArraySchema,
} from './typed-array-schemas.ts';

/** Validation rows whose losses are summed as one: fixed, so that the sum does not depend on the number of threads. */
export const LOSS_BLOCK = 4_096;

const labelledMatrixSchema = z.strictObject({
  x: z.strictObject({ rows: z.int(), columns: z.int(), values: float32ArraySchema }),
  y: uint8ArraySchema,
});

/** What one thread of a fit is started with. Every array lies in memory that all its threads share. */
export const fitJobSchema = z.strictObject({
  thread: z.int(),
  params: boostingParamsSchema,
  train: labelledMatrixSchema,
  validation: labelledMatrixSchema.optional(),
  memory: z.strictObject({
    barrier: int32ArraySchema,
    /** The bin of every training value, column-major: partitioning reads one feature at a time. */
    bins: uint8ArraySchema,
    /** `MAX_THRESHOLDS` places for each feature. */
    thresholds: float32ArraySchema,
    thresholdCounts: int32ArraySchema,
    /** 1 where the feature has missing training values. */
    hasMissing: uint8ArraySchema,
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

function shareFloats(count: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(count * Float64Array.BYTES_PER_ELEMENT));
}

function shareMatrix({ x, y }: LabelledMatrix): LabelledMatrix {
  const values = new Float32Array(new SharedArrayBuffer(x.values.byteLength));
  values.set(x.values);
  const labels = new Uint8Array(new SharedArrayBuffer(y.byteLength));
  labels.set(y);
  return { x: { rows: x.rows, columns: x.columns, values }, y: labels };
}

/** Copies the data into shared memory and lays out the rest of it; `params.threads` is the number of threads. */
export function createFitJob(
  train: LabelledMatrix,
  validation: LabelledMatrix | undefined,
  params: BoostingParams,
): Omit<FitJob, 'thread'> {
  const { rows, columns } = train.x;
  const thresholds = columns * MAX_THRESHOLDS * Float32Array.BYTES_PER_ELEMENT;
  return {
    params,
    train: shareMatrix(train),
    validation: validation && shareMatrix(validation),
    memory: {
      barrier: new Int32Array(new SharedArrayBuffer(BARRIER_CELLS * Int32Array.BYTES_PER_ELEMENT)),
      bins: new Uint8Array(new SharedArrayBuffer(rows * columns)),
      thresholds: new Float32Array(new SharedArrayBuffer(thresholds)),
      thresholdCounts: new Int32Array(new SharedArrayBuffer(columns * Int32Array.BYTES_PER_ELEMENT)),
      hasMissing: new Uint8Array(new SharedArrayBuffer(columns)),
      margins: shareFloats(rows),
      gradients: shareFloats(rows),
      hessians: shareFloats(rows),
      candidates: shareFloats(candidateCells(params.threads)),
      losses: shareFloats(Math.ceil((validation?.x.rows ?? 0) / LOSS_BLOCK)),
    },
  };
}
