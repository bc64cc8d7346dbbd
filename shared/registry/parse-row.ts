import type { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Stored } from './ports.ts';
import { type TrafficRow, trafficRowSchema } from './rows.ts';

export interface Traffic {
  readonly row: TrafficRow;
  readonly etag: string;
}

/** A row that does not parse was written by something else, or by a newer release: it is never guessed at. */
export function parseRow<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Failure('unavailable', 'A registry row is not in the form that this release knows', {
    cause: parsed.error,
  });
}

export function parseTraffic(found: Stored): Traffic {
  return { row: parseRow(trafficRowSchema, found.value), etag: found.etag };
}
