import { describe, expect, it } from 'vitest';
import { duration, figure, moment, percent, whole } from '../../../web/format.ts';

describe('texts of numbers and times', () => {
  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [89_000, '89 s'],
    [90_000, '2 min'],
    [3 * 3_600_000 + 20 * 60_000, '3 h 20 min'],
    [2 * 3_600_000, '2 h'],
    [52 * 3_600_000, '2 d 4 h'],
  ])('%d ms are %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });

  it.each([
    [0.1, '0.1'],
    [-0.000_803_6, '−0.0008036'],
    [1e-9, '0.000000001'],
    [0.123_456, '0.1235'],
    [12_345.6, '12,346'],
    [null, '–'],
    [Number.NaN, '–'],
  ])('%d is %s', (value, text) => {
    expect(figure(value)).toBe(text);
  });

  it('gives shares in percent, counts whole and moments in UTC', () => {
    expect(percent(0.0125)).toBe('1.25 %');
    expect(percent(undefined)).toBe('–');
    expect(whole(1_234_567)).toBe('1,234,567');
    expect(moment('2026-11-21T22:04:09+01:00')).toBe('2026-11-21 21:04');
    expect(moment('soon')).toBe('soon');
  });
});
