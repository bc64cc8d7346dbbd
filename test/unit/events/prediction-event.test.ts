import { readFileSync } from 'node:fs';
import { CloudEvent } from 'cloudevents';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { predictionEventSchema } from '../../../shared/events/event-schema.ts';
import { type PredictionFacts, predictionEventWriter } from '../../../shared/events/prediction-event.ts';
import { isPredictionId, timeOf } from '../../../shared/events/prediction-id.ts';
import { compileContract } from '../../../shared/features/compile.ts';
import { parseDefinition } from '../../../shared/features/contract.ts';

const definition = parseDefinition(JSON.parse(readFileSync('models/fraud/model.json', 'utf8')));
const { columns } = definition;
const contract = compileContract(definition);
const ROOM = 255 * 1024;
const write = predictionEventWriter({ model: 'cards', version: '12', columns, width: 3 }, ROOM);

const text = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc.constantFrom('"', '\\', '\n', '\ud800', 'Ü'),
);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const rows = fc.record(
  {
    transaction_id: text,
    transaction_ts: fc
      .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    customer_id: text,
    merchant_id: text,
    amount: fc.double({ min: 0, max: 1e9, noNaN: true }),
    currency: text,
    merchant_category: text,
    device_fingerprint: text,
    ip_geo_country: text,
    hour_of_day: fc.nat(23),
    customer_tenure_days: fc.nat(10_000),
    avg_monthly_spend: fc.double({ min: 0, max: 1e9, noNaN: true }),
    num_prev_tx_24h: fc.nat(1_000),
    is_fraud: fc.constantFrom(0, 1),
    unknown_column: text,
  },
  {
    requiredKeys: [
      'transaction_id',
      'transaction_ts',
      'customer_id',
      'merchant_id',
      'amount',
      'currency',
      'merchant_category',
      'device_fingerprint',
      'ip_geo_country',
      'customer_tenure_days',
      'avg_monthly_spend',
      'num_prev_tx_24h',
    ],
  },
);

const facts: fc.Arbitrary<PredictionFacts> = fc.record({
  id: fc.integer({ min: 0, max: Date.UTC(9999, 0) }).map((msecs) => uuidv7({ msecs })),
  transactionId: optional(text),
  variant: fc.constantFrom('champion', 'canary'),
  promotionId: optional(text),
  step: optional(fc.nat(9)),
  accountHash: optional(fc.nat(2 ** 32 - 1)),
  pinned: fc.boolean(),
  row: rows.map((row) => {
    const checked = contract.check(row, '');
    if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
    return checked.row;
  }),
  features: fc.float32Array({ minLength: 6, maxLength: 6 }),
  offset: fc.constantFrom(0, 3),
  score: optional(fc.float({ min: 0, max: 1, noNaN: true })),
  decision: optional(fc.constantFrom('approve', 'review', 'block')),
  latencyMs: fc.double({ min: 0, max: 1e4, noNaN: true }),
  modelMs: optional(fc.double({ min: 0, max: 1e4, noNaN: true })),
  fallback: optional(fc.record({ version: fc.constant('7'), error: text })),
  error: optional(fc.record({ code: text, message: text })),
});

describe('predictionEventWriter', () => {
  it('writes what JSON.stringify writes of the documented event', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { id, transactionId, row, features, offset, latencyMs, modelMs, ...rest } = given;
        const inputs = Object.fromEntries(
          columns.flatMap(({ name, role, ignored, type }, slot) => {
            const value = row[slot];
            if (role === 'label' || ignored !== undefined || value === null || value === undefined) return [];
            return [[name, type === 'timestamp' ? new Date(Number(value)).toISOString() : value]];
          }),
        );
        expect(JSON.parse(write(given))).toEqual(
          JSON.parse(
            JSON.stringify({
              specversion: '1.0',
              type: 'tollgate.prediction.v1',
              source: '/models/cards/versions/12',
              id,
              subject: transactionId,
              time: new Date(timeOf(id)).toISOString(),
              datacontenttype: 'application/json',
              data: {
                model: 'cards',
                version: '12',
                ...rest,
                inputs,
                features: [...features.subarray(offset, offset + 3)].map((value) =>
                  Number.isFinite(value) ? value : null,
                ),
                latencyMs: Math.round(latencyMs * 1_000) / 1_000,
                modelMs: modelMs === undefined ? undefined : Math.round(modelMs * 1e6) / 1e6,
              },
            }),
          ),
        );
      }),
    );
  });

  it('writes CloudEvents that the reference library accepts, on one line, and that reading accepts', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const event = write(given);
        expect(event).not.toContain('\n');
        const value: object = JSON.parse(event);
        expect(new CloudEvent(value, true).validate()).toBe(true);
        expect(predictionEventSchema.parse(value)).toEqual(value);
      }),
    );
  });

  it('logs inputs that the contract accepts again as the same row', () => {
    const label = columns.findIndex(({ role }) => role === 'label');
    fc.assert(
      fc.property(facts, (given) => {
        const { inputs } = predictionEventSchema.parse(JSON.parse(write(given))).data;
        const again = contract.check(inputs, '');
        expect(again).toMatchObject({
          ok: true,
          row: given.row.map((value, slot) => (slot === label ? null : value)),
        });
      }),
    );
  });

  it('leaves out the inputs, then the features, of an event that no send could hold, and says so', () => {
    const wide = Array.from({ length: 400 }, (_, i) => ({ name: `c${i}`, type: 'string' as const }));
    const row = wide.map(() => 'ß'.repeat(256));
    const given: PredictionFacts = {
      id: uuidv7(),
      variant: 'champion',
      pinned: false,
      row,
      features: new Float32Array(1_000).fill(0.1),
      offset: 0,
      score: 0.5,
      decision: 'review',
      latencyMs: 1,
    };
    const dataOf = (maxBytes: number) => {
      const event = predictionEventWriter(
        { model: 'cards', version: '1', columns: wide, width: 1_000 },
        maxBytes,
      )(given);
      expect(Buffer.byteLength(event)).toBeLessThanOrEqual(maxBytes);
      return predictionEventSchema.parse(JSON.parse(event)).data;
    };
    expect(dataOf(500_000)).toMatchObject({ inputs: { c399: row[399] } });
    expect(dataOf(500_000)).not.toHaveProperty('truncated');
    expect(dataOf(200_000)).toMatchObject({ truncated: true, inputs: {}, score: 0.5 });
    expect(dataOf(200_000).features).toHaveLength(1_000);
    expect(dataOf(2_000)).toMatchObject({
      truncated: true,
      inputs: {},
      features: [],
      score: 0.5,
      decision: 'review',
    });
  });
});

describe('timeOf', () => {
  it('is the time that a UUIDv7 was made at', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (msecs) => {
        const id = uuidv7({ msecs });
        expect(isPredictionId(id)).toBe(true);
        expect(timeOf(id)).toBe(msecs);
      }),
    );
  });

  it('is not asked of other ids', () => {
    expect(isPredictionId('6ba7b810-9dad-41d1-80b4-00c04fd430c8')).toBe(false);
    expect(isPredictionId(`${uuidv7()}0`)).toBe(false);
    expect(isPredictionId('')).toBe(false);
  });
});
