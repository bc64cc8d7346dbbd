import fc from 'fast-check';
import rhea from 'rhea';
import { describe, expect, it } from 'vitest';
import { MalformedMessage } from '../../../../local/event-hubs/amqp-values.ts';
import { encodeFrame, eventAt, FRAME_HEADER } from '../../../../local/event-hubs/batch-frame.ts';
import { BATCH_FORMAT, parseEvent, parseTransfer } from '../../../../local/event-hubs/event-message.ts';
import { Slabs } from '../../../../local/event-hubs/slabs.ts';

const { types, message } = rhea;

const scalar = fc.oneof(
  fc.string(),
  fc.boolean(),
  fc.integer(),
  fc.float({ noNaN: true, noDefaultInfinity: true, min: -1_000, max: 1_000 }),
  fc.constant(null),
  fc.date({ noInvalidDate: true }),
);
const value = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 4 }),
  fc.dictionary(fc.string(), scalar, { maxKeys: 4 }),
);
const name = fc
  .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 })
  .filter((key) => key !== '__proto__');

/** Messages as the SDKs send them, encoded by rhea. */
const encoded = fc
  .record(
    {
      body: fc
        .uint8Array({ maxLength: 400 })
        .map((bytes): unknown => message.data_section(Buffer.from(bytes))),
      message_annotations: fc.dictionary(name, value, { maxKeys: 4 }),
      application_properties: fc.dictionary(name, value, { maxKeys: 4 }),
      delivery_annotations: fc.dictionary(name, scalar, { maxKeys: 2 }),
      footer: fc.dictionary(name, scalar, { maxKeys: 2 }),
      message_id: fc.string(),
      content_type: fc.constant('application/json'),
      durable: fc.boolean(),
    },
    { requiredKeys: ['body'] },
  )
  .map((content) => message.encode(content));

/** What a consumer gets of an event that was sent as these bytes. */
function delivered(bytes: Buffer): Record<string, unknown> {
  const frame = encodeFrame([parseEvent(bytes)], 7, 1_700_000_000_000, 4_000, new Slabs());
  const { start, end } = eventAt(frame, FRAME_HEADER);
  return { ...message.decode(frame.subarray(start, end)) };
}

describe('an event on its way through the broker', () => {
  it('keeps every section but the delivery annotations, and gets its system annotations', () => {
    fc.assert(
      fc.property(encoded, (bytes) => {
        const { delivery_annotations: _, message_annotations: own, ...rest } = { ...message.decode(bytes) };
        expect(delivered(bytes)).toEqual({
          ...rest,
          message_annotations: {
            ...own,
            'x-opt-sequence-number': 7,
            'x-opt-offset': '4000',
            'x-opt-enqueued-time': new Date(1_700_000_000_000),
          },
        });
      }),
    );
  });

  it('loses the system annotations that a sender forwards, and keeps its partition key', () => {
    const annotations = {
      'x-opt-sequence-number': 99,
      'x-opt-offset': 'old',
      'x-opt-enqueued-time': 5,
      'x-opt-partition-key': 'key',
      mine: [1, 'two'],
    };
    const bytes = message.encode({
      message_annotations: annotations,
      body: message.data_section(Buffer.from('x')),
    });
    expect(parseEvent(bytes).partitionKey).toBe('key');
    expect(delivered(bytes)['message_annotations']).toEqual({
      'x-opt-sequence-number': 7,
      'x-opt-offset': '4000',
      'x-opt-enqueued-time': new Date(1_700_000_000_000),
      'x-opt-partition-key': 'key',
      mine: [1, 'two'],
    });
  });

  it('is refused or can be decoded by a consumer, whatever is changed in its bytes', () => {
    fc.assert(
      fc.property(encoded, fc.nat(), fc.nat(255), fc.boolean(), (bytes, where, byte, cut) => {
        const at = where % bytes.length;
        const changed = Buffer.from(cut ? bytes.subarray(0, at) : bytes);
        if (!cut) changed[at] = byte;
        try {
          parseEvent(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessage);
          return;
        }
        expect(() => delivered(changed)).not.toThrow();
      }),
      { numRuns: 3_000 },
    );
  });

  it('is refused when it is random bytes, without another error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, batch) => {
        try {
          parseTransfer(Buffer.from(bytes), batch ? BATCH_FORMAT : 0);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessage);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('is refused when it claims to nest or repeat without end', () => {
    const deep = Buffer.concat([Buffer.from([0x00, 0x53, 0x77]), Buffer.alloc(100_000, 0x00)]);
    expect(() => parseEvent(deep)).toThrow(MalformedMessage);
    const array = Buffer.from([0x00, 0x53, 0x77, 0xf0, 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff, 0x41]);
    expect(() => parseEvent(array)).toThrow(MalformedMessage);
  });

  it('is refused without a body, or with its sections out of order', () => {
    expect(() => parseEvent(Buffer.alloc(0))).toThrow(MalformedMessage);
    const body = message.encode({ body: message.data_section(Buffer.from('x')) });
    expect(() => parseEvent(Buffer.concat([body, body]))).toThrow(MalformedMessage);
  });
});

describe('a batch', () => {
  const event = (text: string) => message.encode({ body: message.data_section(Buffer.from(text)) });

  it('is unpacked in its order, with the partition key of its envelope', () => {
    const texts = ['one', 'two'.repeat(200), 'three'];
    const envelope = message.encode({
      message_annotations: { 'x-opt-partition-key': 'key' },
      body: message.data_sections(texts.map(event)),
    });
    const batch = parseTransfer(envelope, BATCH_FORMAT);
    expect(batch.partitionKey).toBe('key');
    expect(batch.events.map(({ bytes }) => String(message.decode(bytes)['body'].content))).toEqual(texts);
  });

  it('is refused as a whole when one of its messages is malformed, or when it holds none', () => {
    const broken = message.encode({ body: message.data_sections([event('good'), Buffer.from('bad')]) });
    expect(() => parseTransfer(broken, BATCH_FORMAT)).toThrow(MalformedMessage);
    const empty = message.encode({ body: types.wrap_list([]) });
    expect(() => parseTransfer(empty, BATCH_FORMAT)).toThrow(MalformedMessage);
  });
});
