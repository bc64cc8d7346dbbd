import { z } from 'zod';

// `z.instanceof` would refuse arrays in shared memory at compile time, though not at run time.
export const uint8ArraySchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
export const int32ArraySchema = z.custom<Int32Array>((value) => value instanceof Int32Array);
export const float32ArraySchema = z.custom<Float32Array>((value) => value instanceof Float32Array);
export const float64ArraySchema = z.custom<Float64Array>((value) => value instanceof Float64Array);
