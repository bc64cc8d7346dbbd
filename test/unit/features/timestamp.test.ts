import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTimestamp, TIMESTAMP_PATTERN, timePart } from '../../../shared/features/timestamp.ts';

const dates = fc.date({
  min: new Date('0001-01-01T00:00:00.000Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
});

describe('parseTimestamp', () => {
  it('reads what Date writes, from year 1 to 9999', () => {
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseTimestamp(date.toISOString())).toBe(date.getTime());
      }),
    );
  });

  it.each([
    ['2025-08-11', '2025-08-11T00:00:00.000Z'],
    ['2025-08-11T17:36', '2025-08-11T17:36:00.000Z'],
    ['2025-08-11T17:36:37', '2025-08-11T17:36:37.000Z'],
    ['2025-08-11 17:36:37.5', '2025-08-11T17:36:37.500Z'],
    ['2025-08-11T17:36:37.015811', '2025-08-11T17:36:37.015Z'],
    ['2025-08-11T17:36:37.123456789Z', '2025-08-11T17:36:37.123Z'],
    ['2025-08-11t17:36:37,02z', '2025-08-11T17:36:37.020Z'],
    ['2025-08-11T17:36:37+02:00', '2025-08-11T15:36:37.000Z'],
    ['2025-08-11T17:36-0530', '2025-08-11T23:06:00.000Z'],
    ['2025-01-01T00:30+01:00', '2024-12-31T23:30:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29', '2000-02-29T00:00:00.000Z'],
  ])('takes %s for %s', (text, expected) => {
    expect(new Date(parseTimestamp(text)).toISOString()).toBe(expected);
    expect(text).toMatch(TIMESTAMP_PATTERN);
  });

  it.each([
    '2025-02-29',
    '2025-02-30T10:00:00Z',
    '1900-02-29',
    '2025-04-31',
    '2025-00-10',
    '2025-13-01',
    '2025-01-00',
    '0000-01-01',
    '2025-08-11T25:00:00',
    '2025-08-11T24:00:00',
    '2025-08-11T23:60:00',
    '2025-08-11T23:59:60',
    '2025-08-11T17:36:37.Z',
    '2025-08-11T17:36:37.1234567890Z',
    '2025-08-11T17',
    '2025-08-11T17:3',
    '2025-08-11T17:36:3',
    '2025-08-11T17:36:37+2:00',
    '2025-08-11T17:36:37+24:00',
    '2025-08-11T17:36:37+02:60',
    '2025-08-11T17:36:37Zulu',
    '2025-08-11X17:36:37',
    '2025-08-11Z',
    '2025-8-11',
    '20250811',
    '11/08/2025',
    '1754933797',
    '+002025-08-11',
    '0001-01-01T00:00+01:00',
    '9999-12-31T23:00-02:00',
    ' 2025-08-11',
    'now',
    '',
  ])('refuses %j', (text) => {
    expect(parseTimestamp(text)).toBeNaN();
  });

  it('never takes a text that its pattern does not match', () => {
    const pieces = fc.constantFrom(
      '2025',
      '-',
      '08',
      '11',
      'T',
      ' ',
      ':',
      '17',
      '.5',
      'Z',
      '+',
      '02',
      '0',
      '٣',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 16 }), (parts) => {
        const text = parts.join('');
        const accepted = !Number.isNaN(parseTimestamp(text));
        expect(accepted && !TIMESTAMP_PATTERN.test(text)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

describe('timePart', () => {
  it('agrees with the UTC fields of Date, with Monday as 0', () => {
    fc.assert(
      fc.property(dates, (date) => {
        const time = date.getTime();
        expect(timePart(time, 'hour')).toBe(date.getUTCHours());
        expect(timePart(time, 'dayOfWeek')).toBe((date.getUTCDay() + 6) % 7);
        expect(timePart(time, 'dayOfMonth')).toBe(date.getUTCDate());
        expect(timePart(time, 'month')).toBe(date.getUTCMonth() + 1);
      }),
    );
  });
});
