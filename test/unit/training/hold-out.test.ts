import { describe, expect, it } from 'vitest';
import { formatHoldOut, parseHoldOut, splitRows } from '../../../shared/training/hold-out.ts';

const times = [50, 10, 40, 20, 30, 40, 60, 5, 70, 80];
const source = {
  rows: times.length,
  eventTime: (row: number) => times[row],
  cell: (row: number) => (row < 3 ? 'Test' : 'train'),
};

describe('splitRows', () => {
  it.each([
    ['modulo:5:4', [4, 9]],
    ['column:split', [0, 1, 2]],
    ['temporal:0.3', [6, 8, 9]],
  ])('holds out by %s', (text, heldOut) => {
    const split = parseHoldOut(text);
    const rows = splitRows(split, source);
    expect([...rows.heldOut]).toEqual(heldOut);
    expect([...rows.training, ...rows.heldOut].toSorted((a, b) => a - b)).toEqual([...times.keys()]);
    expect(formatHoldOut(split)).toBe(text);
  });

  it('keeps rows of the same moment on one side of a temporal split', () => {
    const { training, heldOut } = splitRows(parseHoldOut('temporal:0.5'), source);
    const latest = Math.max(...[...training].map((row) => times[row] ?? 0));
    expect(Math.min(...[...heldOut].map((row) => times[row] ?? 0))).toBeGreaterThan(latest);
  });

  it.each([
    'modulo:5',
    'modulo:1:0',
    'modulo:5:5',
    'modulo:5:-1',
    'temporal:0',
    'temporal:1',
    'temporal:x',
    'column:',
    'half',
    'modulo:5:4:1',
  ])('refuses %s', (text) => {
    expect(() => parseHoldOut(text)).toThrow(RangeError);
  });

  it('refuses a split that leaves nothing on one side', () => {
    expect(() => splitRows(parseHoldOut('modulo:50:30'), source)).toThrow(/10 rows to train on and 0/);
  });

  it('refuses a temporal split of rows without event times', () => {
    expect(() => splitRows(parseHoldOut('temporal:0.2'), { ...source, eventTime: () => undefined })).toThrow(
      /event time/,
    );
  });
});
