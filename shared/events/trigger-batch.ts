import { z } from 'zod';
import { parseTimestamp } from '../features/timestamp.ts';
import type { ReceivedBatch } from './collect.ts';

/** What an Event Hubs trigger says beside the events (the host lowers the first letter of every key). */
const metadataSchema = z.object({
  partitionContext: z.object({
    partitionId: z.string().regex(/^\w{1,32}$/),
  }),
  sequenceNumberArray: z.array(z.coerce.number().int().nonnegative()),
  // Without a `Z`, although they are UTC: read as what they are, wherever the worker's clock thinks it is.
  enqueuedTimeUtcArray: z.array(
    z
      .union([z.date().transform((date) => date.getTime()), z.string().transform(parseTimestamp)])
      .refine(Number.isFinite),
  ),
});

/**
 * A trigger's batch: its events are of one partition.
 * @param metadata the invocation's `triggerMetadata`
 * @throws ZodError or Error where the host does not keep to its own contract
 */
export function triggerBatch(hub: string, messages: unknown, metadata: unknown): ReceivedBatch {
  const bodies = z.array(z.unknown()).parse(messages);
  const { partitionContext, sequenceNumberArray, enqueuedTimeUtcArray } = metadataSchema.parse(metadata);
  return {
    hub,
    partition: partitionContext.partitionId,
    events: bodies.map((body, index) => {
      const sequenceNumber = sequenceNumberArray[index];
      const enqueuedTime = enqueuedTimeUtcArray[index];
      if (sequenceNumber === undefined || enqueuedTime === undefined) {
        throw new Error('The trigger gave fewer sequence numbers or times than events');
      }
      return { body, sequenceNumber, enqueuedTime };
    }),
  };
}
