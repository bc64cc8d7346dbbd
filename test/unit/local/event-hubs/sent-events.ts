import rhea from 'rhea';
import { parseEvent, type SentEvent } from '../../../../local/event-hubs/event-message.ts';
import type { EventCursor } from '../../../../local/event-hubs/event-cursor.ts';
import type { LogLimits, PartitionLog } from '../../../../local/event-hubs/partition-log.ts';

/** Limits that nothing in a test reaches by itself. */
export const ROOMY: LogLimits = {
  segmentBytes: 1 << 30,
  retention: { bytes: 1 << 30, ms: 1e12 },
  tailBytes: 1 << 20,
};

export function sentEvent(text: string): SentEvent {
  return parseEvent(rhea.message.encode({ body: rhea.message.data_section(Buffer.from(text)) }));
}

/** Appends a batch; resolves once it is acknowledged. */
export function append(log: PartitionLog, ...texts: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    log.append(texts.map(sentEvent), resolve, reject);
  });
}

/** What a consumer would see of an event. */
export interface SeenEvent {
  readonly text: string;
  readonly sequenceNumber: number;
  readonly offset: string;
  readonly enqueuedTime: number;
}

/** Everything from a cursor's place to the log's end, decoded by rhea. */
export async function readAll(cursor: EventCursor): Promise<SeenEvent[]> {
  const seen: SeenEvent[] = [];
  for (;;) {
    const event = cursor.next();
    if (event === undefined) {
      if (cursor.atEnd) break;
      await cursor.load();
      continue;
    }
    const message = rhea.message.decode(event.frame.subarray(event.start, event.end));
    const annotations: Record<string, unknown> = message['message_annotations'];
    seen.push({
      text: String(message['body'].content),
      sequenceNumber: Number(annotations['x-opt-sequence-number']),
      offset: String(annotations['x-opt-offset']),
      enqueuedTime: Number(annotations['x-opt-enqueued-time']),
    });
  }
  await cursor.close();
  return seen;
}
