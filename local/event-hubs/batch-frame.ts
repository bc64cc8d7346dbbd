import { crc32 } from 'node:zlib';
import type { SentEvent } from './event-message.ts';
import type { Slabs } from './slabs.ts';
import { SYSTEM_ANNOTATIONS_BYTES, writeSystemAnnotations } from './system-annotations.ts';

/**
 * The unit of a partition's log: what came in one transfer, so that a batch is stored whole or not at all.
 *
 *     u32 length of what follows the first 8 bytes     u32 CRC-32 of that
 *     u48 first sequence number   u48 enqueued time (ms)   u32 number of events
 *     for each event: u32 length of the message   u32 length of its header section   the message
 *
 * All numbers are big-endian. A message stands there just as a consumer gets it, with its system annotations.
 */
const PREFIX = 8;
export const FRAME_HEADER = 24;
const EVENT_HEADER = 8;
/** More than a transfer of 1 MiB can become; a length above it can only be damage. */
export const MAX_FRAME = 64 * 1024 * 1024;

/** What stands in a frame's first 24 bytes. */
export interface FrameHead {
  /** Bytes of the whole frame. */
  readonly size: number;
  readonly firstSequence: number;
  readonly enqueuedTime: number;
  readonly count: number;
}

/**
 * Encodes the events of one transfer.
 * @param position where the frame will stand in the partition's log; an event's offset is its own place there
 */
export function encodeFrame(
  events: readonly SentEvent[],
  firstSequence: number,
  enqueuedTime: number,
  position: number,
  memory: Slabs,
): Buffer {
  let room = FRAME_HEADER;
  for (const event of events) room += EVENT_HEADER + event.bytes.length + SYSTEM_ANNOTATIONS_BYTES;
  const frame = memory.take(room);
  frame.writeUIntBE(firstSequence, 8, 6);
  frame.writeUIntBE(enqueuedTime, 14, 6);
  frame.writeUInt32BE(events.length, 20);
  let at = FRAME_HEADER;
  let sequenceNumber = firstSequence;
  for (const event of events) {
    const start = at;
    at += EVENT_HEADER;
    at += event.bytes.copy(frame, at, 0, event.headerEnd);
    const system = { sequenceNumber, offset: offsetOf(position, start), enqueuedTime };
    at = writeSystemAnnotations(frame, at, system, event.annotations);
    at += event.bytes.copy(frame, at, event.bodyStart);
    frame.writeUInt32BE(at - start - EVENT_HEADER, start);
    frame.writeUInt32BE(event.headerEnd, start + 4);
    sequenceNumber += 1;
  }
  frame.writeUInt32BE(at - PREFIX, 0);
  frame.writeUInt32BE(crc32(frame.subarray(PREFIX, at)), 4);
  return memory.keep(frame, at);
}

/** The offset of the event that starts `at` bytes into the frame that stands at `position`; a log's first is 0. */
export function offsetOf(position: number, at: number): number {
  return position + at - FRAME_HEADER;
}

/** Reads the head of the frame at `at`, or undefined where there is none: too few bytes, or a length that can't be. */
export function headAt(bytes: Buffer, at: number): FrameHead | undefined {
  if (at + FRAME_HEADER > bytes.length) return undefined;
  const size = bytes.readUInt32BE(at) + PREFIX;
  if (size < FRAME_HEADER || size > MAX_FRAME) return undefined;
  return {
    size,
    firstSequence: bytes.readUIntBE(at + 8, 6),
    enqueuedTime: bytes.readUIntBE(at + 14, 6),
    count: bytes.readUInt32BE(at + 20),
  };
}

/** Whether a whole frame is as it was written. */
export function isIntact(frame: Buffer): boolean {
  return crc32(frame.subarray(PREFIX)) === frame.readUInt32BE(4);
}

/** Where an event stands in a frame. */
export interface EventPlace {
  /** Where its entry starts; 24 for the first. */
  readonly at: number;
  /** The message is `frame.subarray(start, end)`. */
  readonly start: number;
  readonly end: number;
  /** Where in the frame delivery annotations belong: after the message's header section. */
  readonly insertAt: number;
}

/** The event whose entry starts at `at`; the next entry starts at its `end`. */
export function eventAt(frame: Buffer, at: number): EventPlace {
  const start = at + EVENT_HEADER;
  return { at, start, end: start + frame.readUInt32BE(at), insertAt: start + frame.readUInt32BE(at + 4) };
}
