import { describe, expect, it } from 'vitest';
import { driftMap } from '../../../web/drift-map.ts';
import type { DriftReport } from '../../../web/shapes.ts';

type Column = DriftReport['columns'][number];

function report(id: string, to: string, columns: Column[], alarm = false): DriftReport {
  return { id, window: { from: '2026-03-01T00:00:00Z', to }, drifted: alarm, alarm, columns };
}
const column = (name: string, driftScore: number, rest: Partial<Column> = {}): Column => ({
  column: name,
  driftScore,
  threshold: 0.1,
  drifted: false,
  ...rest,
});

describe('the drift map', () => {
  it('has a column for each day in order, and no cell where nothing was measured', () => {
    const map = driftMap([
      report('b', '2026-03-03T06:00:00Z', [column('amount', 0.02), column('hour', 0.01)], true),
      report('a', '2026-03-02T06:00:00Z', [column('amount', 0.3, { drifted: true })]),
    ]);
    expect(map.days).toEqual([
      { day: '2026-03-02', alarm: false, reportId: 'a' },
      { day: '2026-03-03', alarm: true, reportId: 'b' },
    ]);
    expect(map.rows.map((row) => [row.column, row.drifted, row.cells.map((cell) => cell?.heat)])).toEqual([
      ['amount', 1, [3, 0]],
      ['hour', 0, [undefined, 0]],
    ]);
  });

  it('takes a window that ends at midnight for the day that has ended', () => {
    expect(driftMap([report('a', '2026-03-03T00:00:00Z', [])]).days[0]?.day).toBe('2026-03-02');
  });

  it('shows the worst of several checks of a day, and links the latest from the day', () => {
    const map = driftMap([
      report('late', '2026-03-02T20:00:00Z', [column('amount', 0.09)]),
      report('early', '2026-03-02T06:00:00Z', [column('amount', 0.05, { drifted: true })]),
    ]);
    expect(map.rows[0]?.cells[0]).toMatchObject({ reportId: 'early', drifted: true, heat: 3 });
    expect(map.days[0]?.reportId).toBe('late');
  });

  it('keeps an input and the feature of the same name apart', () => {
    const both = [column('amount', 0.01, { role: 'input' }), column('amount', 0.02, { role: 'feature' })];
    expect(driftMap([report('a', '2026-03-02T06:00:00Z', both)]).rows).toHaveLength(2);
  });

  it.each([
    [column('c', 0.04), 0],
    [column('c', 0.06), 1],
    [column('c', 0.085), 2],
    [column('c', 5), 2],
    [column('c', 0.01, { drifted: true }), 3],
    // A p-value of 0.9 is far from a threshold of 0.1, one of 0.105 is close to it.
    [column('c', 0.9, { method: 'ksPValue' }), 0],
    [column('c', 0.105, { method: 'ksPValue' }), 2],
    // A ratio of 1 is no drift, however near to 1 its threshold is.
    [column('c', 1, { method: 'rateRatio', threshold: 1.25 }), 0],
    [column('c', 1.24, { method: 'rateRatio', threshold: 1.25 }), 2],
    [column('c', 5, { untested: 'identifier' }), undefined],
    [column('c', 1, { threshold: null }), undefined],
  ])('gives %j the heat %s', (found, heat) => {
    expect(driftMap([report('a', '2026-03-02T06:00:00Z', [found])]).rows[0]?.cells[0]?.heat).toBe(heat);
  });

  it('shows the last days, and nothing where there is nothing', () => {
    const reports = Array.from({ length: 40 }, (_, day) =>
      report(`${day}`, new Date(Date.UTC(2026, 0, 1 + day, 6)).toISOString(), []),
    );
    const { days } = driftMap(reports, 30);
    expect([days.length, days[0]?.day, days.at(-1)?.day]).toEqual([30, '2026-01-11', '2026-02-09']);
    expect(driftMap([])).toEqual({ days: [], rows: [] });
  });
});
