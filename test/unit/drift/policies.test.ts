import { describe, expect, it } from 'vitest';
import type { ColumnEvidence } from '../../../shared/drift/column-evidence.ts';
import { DEFAULT_DRIFT_SETTINGS, driftSettingsSchema } from '../../../shared/drift/drift-settings.ts';
import { POLICIES } from '../../../shared/drift/policies.ts';
import { isDatasetDrift } from '../../../shared/drift/policy-evidently.ts';
import { categorical, numeric, rate } from './evidence.ts';

const context = { settings: DEFAULT_DRIFT_SETTINGS, seasonalFloors: new Map() };
const evidently = (...columns: ColumnEvidence[]) => POLICIES.evidently(columns, context);
const ks = (...columns: ColumnEvidence[]) => POLICIES.ks(columns, context);
const small = { reference: 1_000, current: 20_000 };

describe('the policy ks', () => {
  it('calls a numeric column drifted whose p-value is under 0.1, and tests nothing else', () => {
    const verdicts = ks(
      numeric({ statistics: { ks: 0.001, ksPValue: 0.099 } }),
      numeric({ statistics: { ks: 0.001, ksPValue: 0.1 } }),
      categorical({ statistics: { chiSquarePValue: 0 } }),
    );
    expect(verdicts.map(({ drifted, tested }) => [drifted, tested])).toEqual([
      [true, true],
      [false, true],
      [false, false],
    ]);
  });
});

describe('the policy evidently', () => {
  it('tests where the reference has at most 1,000 rows', () => {
    const verdicts = evidently(
      numeric({ rows: small, statistics: { ksPValue: 0.049 } }),
      numeric({ rows: small, statistics: { ksPValue: 0.05 } }),
      numeric({ rows: small, distinct: 5, statistics: { ksPValue: 0.9, chiSquarePValue: 0.01 } }),
      categorical({ rows: small, statistics: { chiSquarePValue: 0.01 } }),
      rate(0.1, 0.2, 0.01, { rows: small }),
    );
    expect(verdicts.map(({ measured, drifted }) => [measured, drifted])).toEqual([
      ['ksPValue', true],
      ['ksPValue', false],
      ['chiSquarePValue', true],
      ['chiSquarePValue', true],
      ['ratePValue', true],
    ]);
  });

  it('measures distances where it has more', () => {
    const verdicts = evidently(
      numeric({ statistics: { ksPValue: 0, wassersteinNormed: 0.099 } }),
      numeric({ statistics: { wassersteinNormed: 0.1 } }),
      numeric({ distinct: 5, statistics: { wassersteinNormed: 0.9, jensenShannon: 0.05 } }),
      categorical({ statistics: { chiSquarePValue: 0, jensenShannon: 0.1 } }),
    );
    expect(verdicts.map(({ measured, drifted }) => [measured, drifted])).toEqual([
      ['wassersteinNormed', false],
      ['wassersteinNormed', true],
      ['jensenShannon', false],
      ['jensenShannon', true],
    ]);
  });

  it('calls the data set drifted from half of the tested columns on', () => {
    const drifting = numeric({ statistics: { wassersteinNormed: 1 } });
    expect(isDatasetDrift(evidently(drifting, numeric(), numeric()))).toBe(false);
    expect(isDatasetDrift(evidently(drifting, numeric()))).toBe(true);
    expect(isDatasetDrift(evidently(drifting, numeric(), numeric({ untested: 'calendar' })))).toBe(true);
    expect(isDatasetDrift([])).toBe(false);
  });

  it('takes what the folder says of a column', () => {
    const settings = driftSettingsSchema.parse({
      policy: 'evidently',
      columns: { amount: { statistic: 'psi' }, country: { threshold: 0.3 } },
    });
    const columns = [
      numeric({ statistics: { psi: 0.11, wassersteinNormed: 0 } }),
      categorical({ statistics: { jensenShannon: 0.2 } }),
    ];
    const verdicts = POLICIES.evidently(columns, { ...context, settings });
    expect(verdicts.map(({ drifted }) => drifted)).toEqual([true, false]);
  });
});
