import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFrequent, parseSchedule } from '../../../../local/host/cron.ts';

function occurrences(expression: string, from: string, count: number): string[] {
  const schedule = parseSchedule(expression);
  const found: string[] = [];
  let time = Date.parse(from);
  while (found.length < count) {
    const next = schedule.next(time);
    if (next === undefined) break;
    found.push(new Date(next).toISOString());
    time = next;
  }
  return found;
}

describe('a schedule', () => {
  it('has six fields, the first one seconds, in UTC', () => {
    expect(occurrences('0 0 5 * * 1', '2026-08-01T12:00:00Z', 2)).toEqual([
      '2026-08-03T05:00:00.000Z',
      '2026-08-10T05:00:00.000Z',
    ]);
    expect(occurrences('30 */20 * * * *', '2026-01-01T00:00:30Z', 3)).toEqual([
      '2026-01-01T00:20:30.000Z',
      '2026-01-01T00:40:30.000Z',
      '2026-01-01T01:00:30.000Z',
    ]);
  });

  it('may have five fields, without seconds', () => {
    expect(occurrences('0 6 * * *', '2026-01-01T06:00:00Z', 1)).toEqual(['2026-01-02T06:00:00.000Z']);
  });

  it('means both kinds of day when both are restricted', () => {
    // The first Friday the 13th of 2026 is in February.
    expect(occurrences('0 0 0 13 * Fri', '2026-01-01T00:00:00Z', 2)).toEqual([
      '2026-02-13T00:00:00.000Z',
      '2026-03-13T00:00:00.000Z',
    ]);
  });

  it('counts a step from its start to the end of the field', () => {
    expect(occurrences('0 5/20 8 * * *', '2026-01-01T00:00:00Z', 4)).toEqual([
      '2026-01-01T08:05:00.000Z',
      '2026-01-01T08:25:00.000Z',
      '2026-01-01T08:45:00.000Z',
      '2026-01-02T08:05:00.000Z',
    ]);
  });

  it('knows names of months and days, lists and ranges', () => {
    expect(occurrences('0 0 12 * Jan,mar mon-Tue', '2026-01-26T12:00:00Z', 3)).toEqual([
      '2026-01-27T12:00:00.000Z',
      '2026-03-02T12:00:00.000Z',
      '2026-03-03T12:00:00.000Z',
    ]);
  });

  it.each([
    '',
    '* * * *',
    '* * * * * * *',
    '@daily',
    '60 * * * * *',
    '* * * * * 7',
    '* * * * * L',
    '0 0 0 ? * *',
    '0 0 0 1W * *',
    '0 0 0 * * 1#2',
    'x * * * * *',
    '01:00:00',
    '* * 24 * * *',
    '5- * * * * *',
  ])('is refused, with its text in the message: %j', (expression) => {
    expect(() => parseSchedule(expression)).toThrow(`'${expression}'`);
  });

  it('always comes next at a later time that fits its fields', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 6 }),
        fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
        (second, minute, hour, day, from) => {
          const { next } = parseSchedule(
            `${String(second)} ${String(minute)} ${String(hour)} * * ${String(day)}`,
          );
          const time = next(from.getTime()) ?? 0;
          const found = new Date(time);
          expect(time).toBeGreaterThan(from.getTime());
          expect(time - from.getTime()).toBeLessThanOrEqual(7 * 86_400_000);
          expect([
            found.getUTCSeconds(),
            found.getUTCMinutes(),
            found.getUTCHours(),
            found.getUTCDay(),
          ]).toEqual([second, minute, hour, day]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is frequent when it comes more often than every minute', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(isFrequent(parseSchedule('*/10 * * * * *'), now)).toBe(true);
    expect(isFrequent(parseSchedule('0 * * * * *'), now)).toBe(false);
  });
});
