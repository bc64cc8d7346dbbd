import { byteAt, contentOf, endOfValue, entriesOf, MalformedMessage, textOf } from './amqp-values.ts';

/** The message format of Event Hubs batches: the data sections of the message are encoded messages. */
export const BATCH_FORMAT = 0x80013700;

/** Descriptor codes of the message's sections, in their order (AMQP 1.0 part 3, section 3.2). */
const HEADER = 0x70;
const DELIVERY_ANNOTATIONS = 0x71;
const MESSAGE_ANNOTATIONS = 0x72;
const DATA = 0x75;
const SEQUENCE = 0x76;
const FOOTER = 0x78;

const SECTION_NAMES: ReadonlyMap<string, number> = new Map([
  ['amqp:header:list', HEADER],
  ['amqp:delivery-annotations:map', DELIVERY_ANNOTATIONS],
  ['amqp:message-annotations:map', MESSAGE_ANNOTATIONS],
  ['amqp:properties:list', 0x73],
  ['amqp:application-properties:map', 0x74],
  ['amqp:data:binary', DATA],
  ['amqp:amqp-sequence:list', SEQUENCE],
  ['amqp:amqp-value:*', 0x77],
  ['amqp:value:*', 0x77],
  ['amqp:footer:map', FOOTER],
]);

const PARTITION_KEY = 'x-opt-partition-key';
/** What the broker says about an event; a sender that forwards a received event must not say it. */
const SYSTEM_ANNOTATIONS: ReadonlySet<string> = new Set([
  'x-opt-sequence-number',
  'x-opt-offset',
  'x-opt-enqueued-time',
]);

/** An event as it was sent, taken apart as far as storing it needs. */
export interface SentEvent {
  /** The encoded message. */
  readonly bytes: Buffer;
  /** The header section is `bytes[0, headerEnd)`. */
  readonly headerEnd: number;
  /** Encoded entries of the sender's message annotations, without those that only the broker sets. */
  readonly annotations: readonly Buffer[];
  /** All sections after the annotations are `bytes[bodyStart, …)`. */
  readonly bodyStart: number;
  readonly partitionKey: string | undefined;
}

/** Takes a single encoded message apart. @throws MalformedMessage also for a message without a body */
export function parseEvent(bytes: Buffer): SentEvent {
  let headerEnd = 0;
  let annotations: { readonly kept: readonly Buffer[]; readonly partitionKey: string | undefined } =
    NO_ANNOTATIONS;
  let bodyStart = -1;
  let previous = 0;
  let hasBody = false;
  for (let at = 0; at < bytes.length;) {
    const section = sectionAt(bytes, at);
    // Only what is replaced must come first and once; rhea writes the footer before the body.
    if (section.code <= MESSAGE_ANNOTATIONS && section.code <= previous) {
      throw new MalformedMessage('the sections are out of order');
    }
    previous = Math.max(previous, section.code);
    if (section.code === HEADER) headerEnd = section.end;
    else if (section.code === MESSAGE_ANNOTATIONS) annotations = readAnnotations(bytes, section.valueAt);
    else if (section.code !== DELIVERY_ANNOTATIONS && bodyStart < 0) bodyStart = at;
    if (section.code >= DATA && section.code < FOOTER) hasBody = true;
    at = section.end;
  }
  if (!hasBody) throw new MalformedMessage('the message has no body');
  return {
    bytes,
    headerEnd,
    annotations: annotations.kept,
    bodyStart,
    partitionKey: annotations.partitionKey,
  };
}

/** What was sent in one transfer. */
export interface SentBatch {
  readonly events: readonly SentEvent[];
  /** The key that decides the partition of all of them. */
  readonly partitionKey: string | undefined;
}

/**
 * The events of a transfer: those inside a batch, or the message itself in any other format.
 * @param format the transfer's message format
 * @throws MalformedMessage
 */
export function parseTransfer(bytes: Buffer, format: number | undefined): SentBatch {
  if (format !== BATCH_FORMAT) {
    const event = parseEvent(bytes);
    return { events: [event], partitionKey: event.partitionKey };
  }
  const events: SentEvent[] = [];
  let partitionKey: string | undefined;
  for (let at = 0; at < bytes.length;) {
    const section = sectionAt(bytes, at);
    if (section.code === MESSAGE_ANNOTATIONS) {
      partitionKey = readAnnotations(bytes, section.valueAt).partitionKey;
    } else if (section.code === DATA) {
      const message = contentOf(bytes, section.valueAt);
      if (message === undefined) throw new MalformedMessage('a batch holds something that is no message');
      events.push(parseEvent(message));
    }
    at = section.end;
  }
  if (events.length === 0) throw new MalformedMessage('the batch holds no message');
  return { events, partitionKey: partitionKey ?? events[0]?.partitionKey };
}

function sectionAt(bytes: Buffer, at: number): { code: number; valueAt: number; end: number } {
  if (byteAt(bytes, at) !== 0x00) throw new MalformedMessage('a section has no descriptor');
  const form = byteAt(bytes, at + 1);
  let code: number | undefined;
  let valueAt: number;
  if (form === 0x53) {
    code = byteAt(bytes, at + 2);
    valueAt = at + 3;
  } else {
    valueAt = endOfValue(bytes, at + 1);
    code =
      form === 0x80 ? Number(bytes.readBigUInt64BE(at + 2)) : SECTION_NAMES.get(textOf(bytes, at + 1) ?? '');
  }
  if (code === undefined || code < HEADER || code > FOOTER) throw new MalformedMessage('an unknown section');
  checkShape(code, byteAt(bytes, valueAt));
  return { code, valueAt, end: endOfValue(bytes, valueAt) };
}

/** A section of another type than its own makes consumers fail. */
function checkShape(code: number, type: number): void {
  if (code === 0x77) return;
  const isMap = type === 0xc1 || type === 0xd1;
  const isList = type === 0x45 || type === 0xc0 || type === 0xd0;
  // The SDK sends an event whose body is null as a data section with a null in it.
  const isData = type === 0xa0 || type === 0xb0 || type === 0x40 || type === 0xa1 || type === 0xb1;
  const wanted =
    code === DATA ? isData : code === HEADER || code === 0x73 || code === SEQUENCE ? isList : isMap;
  if (!wanted)
    throw new MalformedMessage(`a section ${code.toString(16)} can't have the type ${type.toString(16)}`);
}

const NO_ANNOTATIONS = { kept: [], partitionKey: undefined } as const;

function readAnnotations(
  bytes: Buffer,
  mapAt: number,
): { readonly kept: readonly Buffer[]; readonly partitionKey: string | undefined } {
  const entries = entriesOf(bytes, mapAt);
  if (entries === undefined || entries.count === 0) return NO_ANNOTATIONS;
  const kept: Buffer[] = [];
  let partitionKey: string | undefined;
  let { at } = entries;
  for (let pair = 0; pair < entries.count / 2; pair += 1) {
    const name = textOf(bytes, at);
    const valueAt = endOfValue(bytes, at);
    const end = endOfValue(bytes, valueAt);
    if (name === PARTITION_KEY) partitionKey = textOf(bytes, valueAt);
    if (name === undefined || !SYSTEM_ANNOTATIONS.has(name)) kept.push(bytes.subarray(at, end));
    at = end;
  }
  return { kept, partitionKey };
}
