import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logLineSchema } from '../../../shared/events/event-schema.ts';
import { isPlainLogLine } from '../../../shared/events/is-log-line.ts';
import { parseLine } from '../../../shared/events/log-reader.ts';
import { eventOf, idAt } from '../../fixtures/prediction-events.ts';

const plain = {
  partition: '3',
  sequenceNumber: 17,
  event: {
    ...eventOf(idAt(1.7e12)),
    data: { ...eventOf(idAt(1.7e12)).data, modelMs: 0.1, promotionId: 'p1', step: 2, accountHash: 77 },
  },
};

/** Every member of a value, as a path of keys. */
function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  return [[...path], ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))];
}

function changed(value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined) return to;
  const copy: Record<string, unknown> = Object.assign(Array.isArray(value) ? [] : {}, value);
  if (to === undefined && rest.length === 0) delete copy[key];
  else copy[key] = changed(copy[key], rest, to);
  return copy;
}

const anything = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    0,
    -1,
    1.5,
    2 ** 53,
    2 ** 32,
    '',
    'x',
    '1',
    '01',
    true,
    false,
    [],
    {},
    [null],
    'canary',
    'block',
    '/models/cards/versions/4',
    '1.1',
    '4',
    idAt(253_402_300_799_999),
    idAt(253_402_300_800_000),
    'e677d21f-dbff-7000-8000-000000000000',
  ),
  fc.jsonValue(),
);
const extra = fc.constantFrom(
  ['event', 'data', 'error'],
  ['event', 'data', 'truncated'],
  ['event', 'data', 'replayed'],
  ['event', 'data', 'fallback'],
  ['event', 'data', 'inputs', 'more'],
  ['event', 'more'],
  ['more'],
);

describe('isPlainLogLine', () => {
  it('takes the lines that the app writes', () => {
    expect(isPlainLogLine(plain)).toBe(true);
    expect(isPlainLogLine(changed(plain, ['event', 'data', 'replayed'], true))).toBe(true);
  });

  it('never takes what the schema refuses', () => {
    const place = fc.oneof(fc.constantFrom(...pathsOf(plain)), extra);
    fc.assert(
      fc.property(fc.array(fc.tuple(place, anything), { minLength: 1, maxLength: 2 }), (changes) => {
        const value = changes.reduce<unknown>((line, [path, to]) => changed(line, path, to), plain);
        expect(isPlainLogLine(value) && !logLineSchema.safeParse(value).success).toBe(false);
      }),
      { numRuns: 5_000 },
    );
  });

  it('makes no difference to what a line is read as', () => {
    const place = fc.oneof(fc.constantFrom(...pathsOf(plain)), extra);
    fc.assert(
      fc.property(place, anything, (path, to) => {
        const text = JSON.stringify(changed(plain, path, to)) ?? '';
        const value: unknown = text === '' ? undefined : JSON.parse(text);
        expect(parseLine(text)).toEqual(logLineSchema.safeParse(value).data);
      }),
      { numRuns: 1_000 },
    );
  });
});
