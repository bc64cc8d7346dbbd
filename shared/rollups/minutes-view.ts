import { z } from 'zod';
import { Failure } from '../failure.ts';
import { parseTimestamp } from '../features/timestamp.ts';
import { versionSchema } from '../registry/rows.ts';
import { MINUTE_MS, minuteOf, type RequestCountsOfMinute } from './minute-row.ts';

const DEFAULT_MS = 60 * MINUTE_MS;
/** A day of a minute each: what one reply can hold. */
const LONGEST_MS = 24 * 60 * MINUTE_MS;

const count = z.int().nonnegative();

const minuteSchema = z.object({
  minute: z.iso.datetime().meta({ description: 'When it began' }),
  version: versionSchema,
  variant: z.enum(['champion', 'canary']),
  predictions: count.meta({ description: 'Asked of this version: errors, fallbacks and pinned ones too' }),
  errors: count,
  fallbacks: count.meta({ description: 'Answered by the champion, because this version failed' }),
  pinned: count.meta({ description: 'Of the predictions, those whose caller had chosen the version' }),
});
export type MinuteView = z.infer<typeof minuteSchema>;

/** What was asked of each version, minute by minute; minutes without any are left out. */
export const minutesViewSchema = z
  .object({ from: z.iso.datetime(), to: z.iso.datetime(), items: z.array(minuteSchema) })
  .meta({ id: 'Minutes' });
export type MinutesView = z.infer<typeof minutesViewSchema>;

/** The query of the route. */
export const minutesQuerySchema = z.object({
  from: z
    .string()
    .optional()
    .meta({ description: 'ISO 8601, no offset means UTC; by default an hour before `to`' }),
  to: z.string().optional().meta({ description: 'ISO 8601; by default now. At most 24 hours after `from`' }),
});

/** Milliseconds since 1970-01-01T00:00Z. */
export interface MinutesRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The minutes that a caller asks for.
 * @param now milliseconds since 1970-01-01T00:00Z
 * @throws Failure `invalid`
 */
export function readMinutesRange(query: z.infer<typeof minutesQuerySchema>, now: number): MinutesRange {
  const to = query.to === undefined ? now : timeOf('to', query.to);
  const from = query.from === undefined ? to - DEFAULT_MS : timeOf('from', query.from);
  if (from >= to) throw new Failure('invalid', "The query is not usable: 'from' has to be before 'to'");
  if (to - from > LONGEST_MS)
    throw new Failure('invalid', 'The query is not usable: it asks for more than 24 hours');
  return { from: minuteOf(from), to };
}

function timeOf(name: string, text: string): number {
  const time = parseTimestamp(text);
  if (Number.isNaN(time) || time < 0)
    throw new Failure('invalid', `The query is not usable: '${name}' is no ISO 8601 time since 1970`);
  return time;
}

/** Adds the partitions of the hub and the steps of promotions up. In order of time, then of version. */
export function minutesView(
  counts: readonly RequestCountsOfMinute[],
  { from, to }: MinutesRange,
): MinutesView {
  const found = new Map<string, MinuteView>();
  for (const { minute, version, variant, counts: of } of counts) {
    const key = `${String(minute).padStart(16, '0')} ${version.padStart(9, '0')} ${variant}`;
    const before = found.get(key);
    const pinned = of.pinned + of.pinnedError;
    found.set(key, {
      minute: new Date(minute).toISOString(),
      version,
      variant,
      predictions: (before?.predictions ?? 0) + of.ok + of.error + of.fallback + pinned,
      errors: (before?.errors ?? 0) + of.error + of.pinnedError,
      fallbacks: (before?.fallbacks ?? 0) + of.fallback,
      pinned: (before?.pinned ?? 0) + pinned,
    });
  }
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    items: [...found.keys()].toSorted().flatMap((key) => found.get(key) ?? []),
  };
}
