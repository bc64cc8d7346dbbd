/** The AMQP sections in which the broker tells a consumer about an event and its partition. */

/** Two to the 32: what the upper half of a 64-bit number counts. */
const UPPER = 0x1_0000_0000;

/** Descriptors of the two sections, each followed by the type code of a map with 32-bit sizes. */
const MESSAGE_ANNOTATIONS = Buffer.from([0x00, 0x53, 0x72, 0xd1]);
const DELIVERY_ANNOTATIONS = Buffer.from([0x00, 0x53, 0x71, 0xd1]);

const SEQUENCE_NUMBER = symbol('x-opt-sequence-number');
const OFFSET = symbol('x-opt-offset');
const ENQUEUED_TIME = symbol('x-opt-enqueued-time');

const LONG = 0x81;
const TIMESTAMP = 0x83;
const NUMBER_BYTES = 9;
/** Descriptor, type code, size and count of a section. */
const PREFIX_BYTES = 12;
/** The longest text of an offset: the digits of 2^53, with type code and length. */
const OFFSET_BYTES = 2 + 16;

/** The most bytes that {@link writeSystemAnnotations} needs besides the sender's own annotations. */
export const SYSTEM_ANNOTATIONS_BYTES =
  PREFIX_BYTES +
  SEQUENCE_NUMBER.length +
  ENQUEUED_TIME.length +
  2 * NUMBER_BYTES +
  OFFSET.length +
  OFFSET_BYTES;

/** What the broker knows of an event. */
export interface SystemProperties {
  readonly sequenceNumber: number;
  /** Where the event stands in its partition; grows from event to event, with gaps. */
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly enqueuedTime: number;
}

/**
 * Writes the message annotations of a stored event: the broker's three and those of the sender.
 * @param own encoded entries (a key and a value each)
 * @returns where the section ends
 */
export function writeSystemAnnotations(
  into: Buffer,
  start: number,
  system: SystemProperties,
  own: readonly Buffer[],
): number {
  let at = start + copy(MESSAGE_ANNOTATIONS, into, start);
  at += 4; // the size, which is known at the end
  at = into.writeUInt32BE(2 * (3 + own.length), at);
  at = writeNumber(into, at + copy(SEQUENCE_NUMBER, into, at), LONG, system.sequenceNumber);
  at = writeNumber(into, at + copy(ENQUEUED_TIME, into, at), TIMESTAMP, system.enqueuedTime);
  at = writeText(into, at + copy(OFFSET, into, at), String(system.offset));
  for (const entry of own) at += copy(entry, into, at);
  into.writeUInt32BE(at - start - MESSAGE_ANNOTATIONS.length - 4, start + MESSAGE_ANNOTATIONS.length);
  return at;
}

/** What a consumer that tracks its partition's end is told with each event. */
export interface PartitionEnd {
  readonly sequenceNumber: number;
  readonly offset: string;
  readonly enqueuedTime: number;
  /** When this was looked up. */
  readonly retrievalTime: number;
}

const LAST_SEQUENCE_NUMBER = symbol('last_enqueued_sequence_number');
const LAST_OFFSET = symbol('last_enqueued_offset');
const LAST_TIME = symbol('last_enqueued_time_utc');
const RETRIEVAL_TIME = symbol('runtime_info_retrieval_time_utc');

/** The delivery annotations for a consumer that asked for `trackLastEnqueuedEventProperties`. */
export function partitionEndSection(end: PartitionEnd): Buffer {
  const into = Buffer.alloc(256);
  let at = copy(DELIVERY_ANNOTATIONS, into, 0) + 4;
  at = into.writeUInt32BE(8, at);
  at = writeNumber(into, at + copy(LAST_SEQUENCE_NUMBER, into, at), LONG, end.sequenceNumber);
  at = writeText(into, at + copy(LAST_OFFSET, into, at), end.offset);
  at = writeNumber(into, at + copy(LAST_TIME, into, at), TIMESTAMP, end.enqueuedTime);
  at = writeNumber(into, at + copy(RETRIEVAL_TIME, into, at), TIMESTAMP, end.retrievalTime);
  into.writeUInt32BE(at - DELIVERY_ANNOTATIONS.length - 4, DELIVERY_ANNOTATIONS.length);
  return into.subarray(0, at);
}

function symbol(name: string): Buffer {
  return Buffer.concat([Buffer.from([0xa3, name.length]), Buffer.from(name, 'latin1')]);
}

function copy(bytes: Buffer, into: Buffer, at: number): number {
  return bytes.copy(into, at);
}

function writeNumber(into: Buffer, at: number, code: number, value: number): number {
  into[at] = code;
  into.writeInt32BE(Math.floor(value / UPPER), at + 1);
  // The lower half in two's complement: also right for a negative value, as `Math.floor` rounded the upper half down.
  return into.writeUInt32BE(value - Math.floor(value / UPPER) * UPPER, at + 5);
}

function writeText(into: Buffer, at: number, text: string): number {
  into[at] = 0xa1;
  into[at + 1] = text.length;
  return at + 2 + into.write(text, at + 2, 'latin1');
}
