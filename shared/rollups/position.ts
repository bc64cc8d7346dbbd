import { z } from 'zod';

/** Where a partition of a hub had an event. */
export interface Place {
  readonly sequenceNumber: number;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly enqueuedTime: number;
}

/** How far a row has counted its partition's events. */
export const positionSchema = z.object({
  sequenceNumber: z.int(),
  /** The latest of all that were counted: a broker's clock may go back a little. */
  enqueuedTime: z.int(),
  /** The hub has been made again: up to this time it was the old one, and all that counts of that one is counted. */
  oldUntil: z.int().optional(),
});
export type Position = z.infer<typeof positionSchema>;

/** Before the first event. */
export const NOWHERE: Position = { sequenceNumber: -1, enqueuedTime: 0 };

/**
 * The position after an event, or undefined where the event was counted already.
 *
 * A partition delivers in the order of its numbers, and again from any place that is not after the last one that was
 * taken, so what has a greater number is new. A lower number with a later time means that the hub was deleted and made
 * again, which starts the numbers from 0.
 */
export function advance(position: Position, { sequenceNumber, enqueuedTime }: Place): Position | undefined {
  if (position.oldUntil !== undefined && enqueuedTime <= position.oldUntil) return undefined;
  if (sequenceNumber > position.sequenceNumber) {
    return { ...position, sequenceNumber, enqueuedTime: Math.max(position.enqueuedTime, enqueuedTime) };
  }
  if (enqueuedTime <= position.enqueuedTime) return undefined;
  return { sequenceNumber, enqueuedTime, oldUntil: position.enqueuedTime };
}
