import type { StoredEvent } from './event-cursor.ts';
import type { Slabs } from './slabs.ts';

/**
 * Encodes deliveries as AMQP frames (AMQP 1.0 part 2, sections 2.3 and 2.7.5), several in one piece of memory, so that
 * they go out in one write. Each is settled when sent: an Event Hubs consumer confirms by its own checkpoints.
 */

/** What frames say besides the messages. */
export interface TransferContext {
  readonly channel: number;
  readonly handle: number;
  /** Of the first event; the others follow. */
  readonly firstDeliveryId: number;
  /** The longest frame that the peer takes. */
  readonly maxFrameSize: number;
}

/** Frame header, descriptor and list header, and the longest fields. */
const HEAD_BYTES = 8 + 3 + 3 + 5 + 5 + 6 + 1 + 1 + 1;
const LIST_FIELDS = 6;

/** @param annotations a section to put into every message, behind its header */
export function encodeTransfers(
  events: readonly StoredEvent[],
  context: TransferContext,
  annotations: Buffer | undefined,
  memory: Slabs,
): { readonly bytes: Buffer; readonly frames: number } {
  const room = Math.max(context.maxFrameSize - HEAD_BYTES, 64);
  let size = 0;
  for (const { start, end } of events) {
    const length = end - start + (annotations?.length ?? 0);
    size += length + HEAD_BYTES * Math.ceil(length / room);
  }
  const into = memory.take(size);
  let at = 0;
  let frames = 0;
  let deliveryId = context.firstDeliveryId;
  for (const event of events) {
    const length = event.end - event.start + (annotations?.length ?? 0);
    if (length <= room) {
      const start = at;
      at = writeHead(into, at, context, deliveryId, false);
      at = copyMessage(event, annotations, into, at);
      into.writeUInt32BE(at - start, start);
      frames += 1;
    } else {
      const message = Buffer.allocUnsafe(length);
      copyMessage(event, annotations, message, 0);
      for (let sent = 0; sent < length; sent += room) {
        const start = at;
        at = writeHead(into, at, context, deliveryId, sent + room < length);
        at += message.copy(into, at, sent, Math.min(sent + room, length));
        into.writeUInt32BE(at - start, start);
        frames += 1;
      }
    }
    deliveryId = (deliveryId + 1) >>> 0;
  }
  return { bytes: memory.keep(into, at), frames };
}

function copyMessage(event: StoredEvent, annotations: Buffer | undefined, into: Buffer, at: number): number {
  const { frame, start, insertAt, end } = event;
  if (annotations === undefined) return at + frame.copy(into, at, start, end);
  let next = at + frame.copy(into, at, start, insertAt);
  next += annotations.copy(into, next);
  return next + frame.copy(into, next, insertAt, end);
}

/** Writes a frame's head and its transfer performative; the frame's size comes later. @returns where they end */
function writeHead(
  into: Buffer,
  start: number,
  context: TransferContext,
  deliveryId: number,
  more: boolean,
): number {
  let at = start + 4;
  into[at] = 2; // the data starts after 2 × 4 bytes
  into[at + 1] = 0; // an AMQP frame
  at = into.writeUInt16BE(context.channel, at + 2);
  into[at] = 0x00;
  into[at + 1] = 0x53;
  into[at + 2] = 0x14; // transfer
  into[at + 3] = 0xc0;
  const sizeAt = at + 4;
  into[at + 5] = LIST_FIELDS;
  at += 6;
  into[at] = 0x70;
  at = into.writeUInt32BE(context.handle, at + 1);
  into[at] = 0x70;
  at = into.writeUInt32BE(deliveryId, at + 1);
  into[at] = 0xa0; // the delivery's tag: its id again
  into[at + 1] = 4;
  at = into.writeUInt32BE(deliveryId, at + 2);
  into[at] = 0x43; // message format 0
  into[at + 1] = 0x41; // settled
  into[at + 2] = more ? 0x41 : 0x42;
  at += 3;
  into[sizeAt] = at - sizeAt - 1;
  return at;
}
