import { describe, expect, it } from 'vitest';
import { defaultHoldOut, formatHoldOut, parseHoldOut, splitRows } from '../../../shared/training/hold-out.ts';

const times = [50, 10, 40, 20, 30, 40, 60, 5, 70, 80];
const source = {
  rows: times.length,
  eventTime: (row: number) => times[row],
  cell: (row: number) => (row < 3 ? 'Test' : 'train'),
  label: (row: number) => (row < 4 ? 1 : 0),
};

describe('splitRows', () => {
  it.each([
    ['modulo:5:4', [4, 9]],
    ['column:split', [0, 1, 2]],
    ['temporal:0.3', [6, 8, 9]],
    ['stratified:0.5', [1, 3, 5, 7, 9]],
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

  it('leaves out the rows of the gap in which labels mature', () => {
    const split = parseHoldOut('temporal:0.3:20s');
    const seconds = { ...source, eventTime: (row: number) => (times[row] ?? 0) * 1_000 };
    const { training, gap, heldOut } = splitRows(split, seconds);
    expect([...heldOut]).toEqual([6, 8, 9]);
    expect([...gap]).toEqual([0, 2, 5]);
    expect([...training]).toEqual([1, 3, 4, 7]);
    expect(formatHoldOut(split)).toBe('temporal:0.3:20s');
  });

  it('holds out the same share of each label, however rare', () => {
    const labels = Array.from({ length: 1_000 }, (_, row) => (row % 97 === 0 ? 1 : 0));
    const { training, heldOut } = splitRows(parseHoldOut('stratified:0.2'), {
      ...source,
      rows: labels.length,
      label: (row) => labels[row],
    });
    expect([...heldOut].filter((row) => labels[row] === 1)).toHaveLength(2);
    expect([...heldOut].filter((row) => labels[row] === 0)).toHaveLength(197);
    expect(training.length + heldOut.length).toBe(1_000);
  });

  it('takes the gap from the model folder, and the strata where there is no event time', () => {
    const timed = [{ name: 'at', type: 'timestamp', role: 'eventTime' }] as const;
    const labelling = { maturity: '7d', unlabelled: 'drop' } as const;
    expect(formatHoldOut(defaultHoldOut({ columns: timed, labelling }))).toBe('temporal:0.2:7d');
    expect(formatHoldOut(defaultHoldOut({ columns: timed }))).toBe('temporal:0.2');
    expect(formatHoldOut(defaultHoldOut({ columns: [{ name: 'a', type: 'number' }] }))).toBe(
      'stratified:0.2',
    );
  });

  it.each([
    'modulo:5',
    'modulo:1:0',
    'modulo:5:5',
    'modulo:5:-1',
    'temporal:0',
    'temporal:1',
    'temporal:x',
    'temporal:0.2:soon',
    'stratified:2',
    'stratified:0.2:1',
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
