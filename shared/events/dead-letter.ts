import { isUtf8 } from 'node:buffer';
import { deadLetterPath } from './log-layout.ts';
import type { WriteOnceBlobs } from './ports.ts';

/** One event as a hub delivered it. */
export interface ReceivedEvent {
  /** Bytes where the trigger hands them over as they are; a text, or a value that it has parsed already, otherwise. */
  readonly body: unknown;
  readonly sequenceNumber: number;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly enqueuedTime: number;
}

export interface DeadLetter {
  readonly hub: string;
  readonly partition: string;
  readonly event: ReceivedEvent;
  readonly reason: string;
}

/** Puts an event aside that nothing can be done with. Doing it again changes nothing. @throws Failure `unavailable` */
export async function bury(
  blobs: WriteOnceBlobs,
  { hub, partition, event, reason }: DeadLetter,
): Promise<void> {
  const { sequenceNumber, enqueuedTime } = event;
  const letter = {
    hub,
    partition,
    sequenceNumber,
    enqueuedTime: new Date(enqueuedTime).toISOString(),
    reason,
    ...bodyOf(event.body),
  };
  await blobs.create(
    deadLetterPath(hub, partition, sequenceNumber, enqueuedTime),
    Buffer.from(JSON.stringify(letter)),
  );
}

function bodyOf(body: unknown): object {
  if (!(body instanceof Uint8Array)) return { body };
  return isUtf8(body)
    ? { body: Buffer.from(body).toString('utf8') }
    : { bodyBase64: Buffer.from(body).toString('base64') };
}
