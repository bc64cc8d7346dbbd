import { CloudEvent } from 'cloudevents';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeOf } from '../../../shared/events/prediction-id.ts';
import { shadowEventSchema } from '../../../shared/events/shadow-event-schema.ts';
import { type ShadowFacts, type ShadowSide, shadowEvent } from '../../../shared/events/shadow-event.ts';
import { idAt } from '../../fixtures/prediction-events.ts';

const id = fc.integer({ min: 0, max: Date.UTC(9999, 0) }).map(idAt);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const runTime = optional(fc.double({ min: 0, max: 1e4, noNaN: true }));
const side = (version: string): fc.Arbitrary<ShadowSide> =>
  fc.oneof(
    fc.record({
      version: fc.constant(version),
      score: fc.float({ min: 0, max: 1, noNaN: true }).map(Math.abs),
      decision: fc.constantFrom('approve', 'review', 'block'),
      latencyMs: runTime,
    }),
    fc.record({ version: fc.constant(version), error: fc.string({ unit: 'binary' }), latencyMs: runTime }),
  );
const facts: fc.Arbitrary<ShadowFacts> = fc.record({
  id,
  predictionId: id,
  model: fc.constant('cards'),
  promotionId: fc.constantFrom('promotion-1', '01985f6a-0f3c-7000-8000-000000000001'),
  step: fc.nat(9),
  accountHash: optional(fc.nat(2 ** 32 - 1)),
  served: fc.constantFrom('champion', 'canary'),
  champion: side('1'),
  candidate: side('2'),
});
const rounded = (one: ShadowSide) => ({
  ...one,
  latencyMs: one.latencyMs === undefined ? undefined : Math.round(one.latencyMs * 1e6) / 1e6,
});

describe('shadowEvent', () => {
  it('writes what JSON.stringify writes of the documented event, as reading and the reference library accept it', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const text = shadowEvent(given);
        const value: object = JSON.parse(text);
        const { id: own, champion, candidate, ...rest } = given;
        expect(value).toEqual(
          JSON.parse(
            JSON.stringify({
              specversion: '1.0',
              type: 'tollgate.shadow.v1',
              source: `/models/cards/promotions/${given.promotionId}`,
              datacontenttype: 'application/json',
              id: own,
              time: new Date(timeOf(own)).toISOString(),
              data: { ...rest, champion: rounded(champion), candidate: rounded(candidate) },
            }),
          ),
        );
        expect(text).not.toContain('\n');
        expect(shadowEventSchema.parse(value)).toEqual(value);
        expect(new CloudEvent(value, true).validate()).toBe(true);
      }),
    );
  });
});
