import { describe, expect, it } from 'vitest';
import { assess, type Assessment, type PreviousDrift } from '../../../shared/drift/assess.ts';
import type { ColumnEvidence } from '../../../shared/drift/column-evidence.ts';
import { DEFAULT_DRIFT_SETTINGS, driftSettingsSchema } from '../../../shared/drift/drift-settings.ts';
import { reportOf } from '../../../shared/drift/report-of.ts';
import { driftReportSchema } from '../../../shared/drift/report.ts';
import { seasonalFloors } from '../../../shared/drift/seasonal-floors.ts';
import { categorical, numeric, rate, SURE } from './evidence.ts';

const settings = DEFAULT_DRIFT_SETTINGS;
const [MONDAY, TUESDAY] = ['2026-11-16T06:00:00.000Z', '2026-11-17T06:00:00.000Z'];
const first = (columns: readonly ColumnEvidence[]) => assess({ columns, settings, from: MONDAY });
const second = (columns: readonly ColumnEvidence[], previous: PreviousDrift) =>
  assess({ columns, settings, from: TUESDAY, previous });
const alarms = ({ columns }: Assessment) =>
  columns.filter(({ alarm }) => alarm).map(({ evidence }) => evidence.column);
const order = ({ columns }: Assessment) => columns.map(({ evidence }) => evidence.column);

const shifted = (parts: Partial<ColumnEvidence> = {}) =>
  numeric({ statistics: { ks: 0.1, ksPValue: SURE, wassersteinNormed: 0.3 }, ...parts });
const moved = (parts: Partial<ColumnEvidence> = {}) =>
  categorical({
    totalVariation: 0.05,
    statistics: { chiSquarePValue: SURE, jensenShannon: 0.2 },
    ...parts,
  });

describe('the alarm', () => {
  it('waits for the same column in the window after', () => {
    const monday = first([shifted(), categorical()]);
    expect(monday).toMatchObject({ drifted: true, alarm: false, since: { 'input:amount': MONDAY } });
    const tuesday = second([shifted(), categorical()], monday);
    expect(tuesday).toMatchObject({ drifted: true, alarm: true, since: { 'input:amount': MONDAY } });
    expect(alarms(tuesday)).toEqual(['amount']);
  });

  it('is not raised by another column in the window after', () => {
    const tuesday = second([numeric(), moved()], first([shifted(), categorical()]));
    expect(tuesday).toMatchObject({ drifted: true, alarm: false, since: { 'input:country': TUESDAY } });
  });

  it('starts afresh after a quiet window, and not after one that is too small to tell', () => {
    const monday = first([shifted()]);
    const quiet = second([numeric()], monday);
    expect(quiet.since).toEqual({});
    expect(second([shifted()], quiet).alarm).toBe(false);
    const small = second([numeric({ rows: { reference: 20_000, current: 40 } })], monday);
    expect(small).toMatchObject({ drifted: false, alarm: false, since: monday.since });
    expect(second([shifted()], small).alarm).toBe(true);
  });

  it('is raised at once by a broken column, whatever the policy and the importance', () => {
    const zeros = shifted({ broken: 'constant', importance: 0 });
    const missing = numeric({
      column: 'country',
      broken: 'all missing',
      missing: { reference: 0, current: 1, pValue: SURE },
    });
    for (const policy of ['tollgate', 'evidently', 'ks'] as const) {
      const own = driftSettingsSchema.parse({ policy });
      const columns = [zeros, missing, ...Array.from({ length: 18 }, () => numeric())];
      const found = assess({ columns, settings: own, from: MONDAY });
      expect(found).toMatchObject({ drifted: true, alarm: true });
      expect(alarms(found).toSorted()).toEqual(['amount', 'country']);
      expect(found.columns.filter(({ natures }) => natures.includes('quality'))).toHaveLength(2);
    }
  });

  it('is not raised by an input that the model does not ask, but is where importances are unknown', () => {
    const unasked = shifted({ column: 'unasked', importance: 0 });
    const twice = (columns: ColumnEvidence[]) => second(columns, first(columns));
    expect(twice([unasked, numeric()])).toMatchObject({ drifted: true, alarm: false });
    expect(alarms(twice([unasked, numeric({ importance: 0 })]))).toEqual(['unasked']);
    expect(alarms(twice([rate(0.01, 0.03, SURE, { importance: 0 }), numeric()]))).toEqual(['flagged']);
  });

  it('under evidently needs half of the columns, twice', () => {
    const own = driftSettingsSchema.parse({ policy: 'evidently' });
    const check = (columns: ColumnEvidence[], previous?: PreviousDrift) =>
      assess({ columns, settings: own, from: MONDAY, previous });
    const few = [shifted(), categorical(), numeric({ column: 'other' })];
    expect(check(few)).toMatchObject({ drifted: false, alarm: false });
    const half = [shifted(), moved(), numeric({ column: 'a' }), numeric({ column: 'b' })];
    expect(check(half)).toMatchObject({ drifted: true, alarm: false });
    expect(check(half, check(few)).alarm).toBe(false);
    expect(check(half, check(half)).alarm).toBe(true);
  });
});

describe('the ranks', () => {
  it('tell drifts by effect times importance, and inputs before the features made of them', () => {
    const columns = [
      numeric({ column: 'calm', importance: 9 }),
      shifted({ column: 'log_amount', role: 'feature' }),
      shifted({ column: 'unasked', importance: 0 }),
      shifted(),
      moved({ importance: 0.5 }),
    ];
    expect(order(first(columns))).toEqual(['country', 'amount', 'log_amount', 'unasked', 'calm']);
  });

  it('tell inputs and features before what the model makes of them, and the label last', () => {
    const columns = [
      rate(0.01, 0.02, SURE, { column: 'label', role: 'label' }),
      shifted({ column: 'score', role: 'score' }),
      numeric(),
    ];
    expect(order(first(columns))).toEqual(['amount', 'score', 'label']);
    expect(first(columns).columns.map(({ natures }) => natures)).toEqual([[], ['prediction'], ['target']]);
  });
});

describe('performance', () => {
  const measured = (upper: number, positives = 100) => ({
    columns: [numeric()],
    settings,
    from: TUESDAY,
    performance: [{ metric: 'aucRoc' as const, reference: 0.9, current: upper - 0.02, upper, positives }],
  });

  it('has decayed where the whole interval is below what is allowed, and alarms the second time', () => {
    const once = assess(measured(0.84));
    expect(once).toMatchObject({ drifted: true, alarm: false });
    expect(once.performance).toMatchObject([{ metric: 'aucRoc', decayed: true }]);
    expect(assess({ ...measured(0.84), previous: once })).toMatchObject({ alarm: true });
    expect(assess(measured(0.86))).toMatchObject({ drifted: false });
    expect(assess(measured(0.5, 29)).performance).toEqual([]);
  });
});

describe('days that differ by themselves', () => {
  it('raise the floor to 1.1 times their largest effect', () => {
    const day = (ks: number) => [numeric({ statistics: { ks, ksPValue: SURE } })];
    const floors = seasonalFloors([day(0.03), day(0.05), day(0.01)]);
    const drifts = (ks: number) =>
      assess({ columns: day(ks), settings, from: MONDAY, seasonalFloors: floors }).drifted;
    expect([drifts(0.0549), drifts(0.0551)]).toEqual([false, true]);
    expect(assess({ columns: day(0.0549), settings, from: MONDAY }).drifted).toBe(true);
  });
});

describe('the report of an assessment', () => {
  it('keeps to its schema and says why', () => {
    const facts = {
      id: '1',
      model: 'm',
      version: '1',
      window: { from: MONDAY, to: TUESDAY },
      rows: 20_000,
      policy: 'tollgate' as const,
    };
    const columns = [
      shifted(),
      categorical({ unseen: { share: 0.01, values: ['BR'] } }),
      numeric({ column: 'hour', untested: 'calendar' }),
    ];
    const report = driftReportSchema.parse(reportOf(first(columns), facts));
    expect(report.columns.map(({ reasons }) => reasons)).toEqual([
      ['10 % of the rows have moved to lower or higher values.'],
      ['1 % of the rows have values that were not there before: BR.'],
      ['Not tested: it follows the calendar, and differs in any day.'],
    ]);
    expect(report.columns.map(({ natures }) => natures)).toEqual([['data'], ['quality'], undefined]);
  });
});
