import { z } from 'zod';
import type { LabelledMatrix } from './matrix.ts';
import { float32ArraySchema, float64ArraySchema, uint8ArraySchema } from './typed-array-schemas.ts';

export const labelledMatrixSchema = z.strictObject({
  x: z.strictObject({ rows: z.int(), columns: z.int(), values: float32ArraySchema }),
  y: uint8ArraySchema,
  weights: float64ArraySchema.optional(),
});

/** Zeros in memory that all threads of a fit share. */
export function shareFloats(count: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(count * Float64Array.BYTES_PER_ELEMENT));
}

/** A copy in memory that all threads of a fit share. */
export function shareMatrix({ x, y, weights }: LabelledMatrix): LabelledMatrix {
  const values = new Float32Array(new SharedArrayBuffer(x.values.byteLength));
  values.set(x.values);
  const labels = new Uint8Array(new SharedArrayBuffer(y.byteLength));
  labels.set(y);
  const shared = weights && shareFloats(weights.length);
  shared?.set(weights ?? []);
  return { x: { rows: x.rows, columns: x.columns, values }, y: labels, weights: shared };
}
