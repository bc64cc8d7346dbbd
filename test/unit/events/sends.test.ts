import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sendBytes } from '../../../shared/events/ports.ts';
import { sendsOf } from '../../../shared/events/sends.ts';

const sizeOf = (events: readonly string[]) => events.reduce((sum, event) => sum + sendBytes(event), 0);

describe('sendsOf', () => {
  it('gives every event once, in order, in sends that hold them and could hold no event more', () => {
    const events = fc.array(fc.string({ maxLength: 400 }), { maxLength: 50 });
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 3_000 }), (all, maxBytes) => {
        const sends = [...sendsOf(all, (event) => event, maxBytes)];
        expect(sends.flat()).toEqual(all);
        for (const [at, send] of sends.entries()) {
          expect(send).not.toEqual([]);
          expect(send.length === 1 || sizeOf(send) <= maxBytes).toBe(true);
          const next = sends[at + 1]?.[0];
          if (next !== undefined) expect(sizeOf([...send, next])).toBeGreaterThan(maxBytes);
        }
      }),
    );
  });
});
