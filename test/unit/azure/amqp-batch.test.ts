import fc from 'fast-check';
import { message } from 'rhea';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EVENT_OVERHEAD_BYTES, encodeBatch } from '../../../shared/azure/amqp-batch.ts';
import { sendBytes } from '../../../shared/events/ports.ts';

const section = z.object({ typecode: z.literal(0x75), content: z.instanceof(Buffer) });
/** rhea gives one section as itself and several as a list of their contents. */
const envelope = z.object({
  body: z.union([section, section.extend({ content: z.array(z.instanceof(Buffer)) })]),
});
const inner = z.object({ content_type: z.string(), body: section });

describe('encodeBatch', () => {
  it('is a message of data sections that each hold an event with its content type', () => {
    const text = fc.string({ unit: 'binary', maxLength: 400 });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (events) => {
        const { content } = envelope.parse(message.decode(encodeBatch(events))).body;
        const found = (Array.isArray(content) ? content : [content]).map((bytes) =>
          inner.parse(message.decode(bytes)),
        );
        expect(found.map(({ body }) => body.content)).toEqual(events.map((event) => Buffer.from(event)));
        expect(new Set(found.map((one) => one.content_type))).toEqual(
          new Set(['application/cloudevents+json']),
        );
      }),
    );
  });

  it('takes no more bytes than are reckoned with', () => {
    const events = ['', 'ß'.repeat(1_000)];
    expect(encodeBatch(events)).toHaveLength(2 * EVENT_OVERHEAD_BYTES + 2_000);
    expect(encodeBatch(events).length).toBeLessThanOrEqual(sendBytes('') + sendBytes('ß'.repeat(1_000)));
  });
});
