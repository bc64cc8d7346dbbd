import { describe, expect, it } from 'vitest';
import { beyondRangePValue } from '../../../shared/drift/beyond-range.ts';
import type { ColumnEvidence } from '../../../shared/drift/column-evidence.ts';
import { type SeasonalFloors } from '../../../shared/drift/column-verdict.ts';
import { DEFAULT_DRIFT_SETTINGS, driftSettingsSchema } from '../../../shared/drift/drift-settings.ts';
import { tollgatePolicy } from '../../../shared/drift/policy-tollgate.ts';
import { createRandom } from '../../../shared/training/random.ts';
import { categorical, numeric, rate, SURE } from './evidence.ts';

function judge(
  columns: readonly ColumnEvidence[],
  settings = DEFAULT_DRIFT_SETTINGS,
  seasonalFloors: SeasonalFloors = new Map(),
) {
  return tollgatePolicy(columns, { settings, seasonalFloors });
}
const drifted = (...columns: ColumnEvidence[]) => judge(columns).map((verdict) => verdict.drifted);

const shifted = (ks: number, ksPValue: number, parts: Partial<ColumnEvidence> = {}) =>
  numeric({ statistics: { ks, ksPValue, psi: 0.01, wassersteinNormed: 0.05 }, ...parts });

describe('the policy tollgate', () => {
  it('needs the effect and the significance', () => {
    expect(drifted(shifted(0.02, SURE))).toEqual([true]);
    expect(drifted(shifted(0.0199, SURE))).toEqual([false]);
    expect(drifted(shifted(0.05, 0.02))).toEqual([false]);
  });

  it('needs 500 rows on each side', () => {
    const withRows = (reference: number, current: number) =>
      drifted(shifted(0.5, SURE, { rows: { reference, current } }));
    expect(withRows(20_000, 500)).toEqual([true]);
    expect(withRows(20_000, 499)).toEqual([false]);
    expect(withRows(499, 20_000)).toEqual([false]);
  });

  it('asks for more significance the more columns there are', () => {
    const doubtful = shifted(0.03, 0.004);
    expect(drifted(doubtful)).toEqual([true]);
    const others = Array.from({ length: 19 }, (_, index) => numeric({ column: `other ${index}` }));
    expect(drifted(doubtful, ...others)[0]).toBe(false);
    expect(judge([doubtful, ...others])[0]?.pValue).toBeCloseTo(0.08, 6);
  });

  it('holds categories to the share of the rows that moved', () => {
    const moved = (totalVariation: number) =>
      categorical({ totalVariation, statistics: { chiSquarePValue: SURE } });
    expect(drifted(moved(0.021), moved(0.019))).toEqual([true, false]);
  });

  it('holds rates to their ratio, up and down, whichever value is counted', () => {
    expect(drifted(rate(0.01, 0.0126, SURE), rate(0.01, 0.0124, SURE))).toEqual([true, false]);
    expect(drifted(rate(0.01, 0.0079, SURE), rate(0.01, 0.0081, SURE))).toEqual([true, false]);
    expect(drifted(rate(0.99, 0.98, SURE))).toEqual([true]);
  });

  it('finds new categories and missing values', () => {
    expect(
      drifted(
        categorical({ unseen: { share: 0.005, values: ['BR'] } }),
        categorical({ unseen: { share: 0.0049, values: ['BR'] } }),
        numeric({ missing: { reference: 0.01, current: 0.02, pValue: SURE } }),
        numeric({ missing: { reference: 0.01, current: 0.02, pValue: 0.5 } }),
      ),
    ).toEqual([true, false, true, false]);
  });

  it('does not call a category new that a small reference may have missed', () => {
    const unseen = (reference: number, values: string[]) =>
      drifted(categorical({ rows: { reference, current: 20_000 }, unseen: { share: 0.005, values } }))[0];
    expect(unseen(20_000, ['BR'])).toBe(true);
    expect(unseen(600, ['BR'])).toBe(false);
    expect(
      unseen(
        20_000,
        Array.from({ length: 50 }, (_, index) => `rare ${index}`),
      ),
    ).toBe(false);
  });

  it('leaves a few rows beyond the range alone, and not half a per cent of them', () => {
    const beyond = (current: number) =>
      drifted(numeric({ outOfRange: { reference: 0, current, pValue: SURE } }))[0];
    expect([beyond(0.0049), beyond(0.005)]).toEqual([false, true]);
  });

  it('shows the score that is furthest beyond its threshold', () => {
    const [verdict] = judge([
      shifted(0.03, SURE, { missing: { reference: 0.01, current: 0.2, pValue: SURE } }),
    ]);
    expect(verdict).toMatchObject({ measured: 'missingRatio', found: ['missingRatio', 'ks'] });
    expect(verdict?.driftScore).toBeCloseTo(20, 0);
  });

  it('does not test what cannot be told', () => {
    expect(judge([shifted(0.9, SURE, { untested: 'calendar' })])).toMatchObject([
      { drifted: false, tested: false },
    ]);
  });

  it('takes the statistic and the threshold of the folder', () => {
    const settings = driftSettingsSchema.parse({
      columns: { amount: { statistic: 'psi', threshold: 0.3 }, other: { threshold: 0.1 } },
    });
    const column = { statistics: { ks: 0.05, ksPValue: SURE, psi: 0.29 } };
    expect(judge([numeric(column)], settings)[0]).toMatchObject({ measured: 'psi', drifted: false });
    expect(judge([numeric({ ...column, column: 'other' })], settings)[0]).toMatchObject({
      measured: 'ks',
      threshold: 0.1,
      drifted: false,
    });
    expect(judge([numeric({ ...column, column: 'third' })], settings)[0]?.drifted).toBe(true);
  });

  it('raises a floor to what days differ by themselves', () => {
    const floors: SeasonalFloors = new Map([['input:amount', new Map([['ks', 0.06]])]]);
    const judged = (ks: number) => judge([shifted(ks, SURE)], DEFAULT_DRIFT_SETTINGS, floors)[0]?.drifted;
    expect([judged(0.05), judged(0.06)]).toEqual([false, true]);
  });

  it('calls a column broken where chance is no reason for its being constant', () => {
    const constant = (ks: number, rows: number, role: 'input' | 'score' | 'decision' = 'input') =>
      judge([
        numeric({
          role,
          statistics: { ks, ksPValue: 0.5 },
          broken: 'constant',
          rows: { reference: 20_000, current: rows },
        }),
      ])[0];
    expect(constant(0.01, 20_000)).toMatchObject({ broken: true, drifted: true });
    expect(constant(0.001, 600)).toMatchObject({ broken: false, drifted: false });
    expect(constant(0.01, 20_000, 'score')).toMatchObject({ broken: true });
    // A day on which nothing was blocked may be a quiet one: that is for the rates to say.
    expect(constant(0.01, 20_000, 'decision')).toMatchObject({ broken: false });
  });
});

describe('the p-value of values beyond the range of the reference', () => {
  it('is what the ranks of exchangeable rows give', () => {
    const random = createRandom(7);
    const [reference, current, runs] = [200, 600, 4_000];
    const counts = Array.from({ length: runs }, () => {
      const rows = Array.from({ length: reference }, random);
      const [least, greatest] = [Math.min(...rows), Math.max(...rows)];
      return Array.from({ length: current }, random).filter((value) => value < least || value > greatest)
        .length;
    });
    for (const outside of [3, 6, 12, 20]) {
      const share = counts.filter((count) => count >= outside).length / runs;
      expect(beyondRangePValue(reference, current, outside / current)).toBeCloseTo(share, 1);
    }
    expect(beyondRangePValue(reference, current, 0)).toBe(1);
  });

  it('does not call a larger window drifted for reaching further', () => {
    const share = 2 / 20_000;
    const rows = { reference: 20_000, current: 10_000_000 };
    expect(drifted(numeric({ rows, outOfRange: { reference: 0, current: share, pValue: SURE } }))).toEqual([
      false,
    ]);
  });
});
