import { describe, expect, it } from 'vitest';
import { followUpOf } from '../../../shared/drift/follow-up.ts';
import type { ColumnDrift, DriftReport } from '../../../shared/drift/report.ts';

const amount: ColumnDrift = {
  column: 'amount',
  role: 'input',
  kind: 'numeric',
  rank: 1,
  statistics: { ks: 0.4 },
  driftScore: 0.4,
  threshold: 0.02,
  drifted: true,
  natures: ['data'],
  since: '2026-03-01T06:00:00.000Z',
  reasons: ['Its distribution is another one.'],
};
const report = (columns: ColumnDrift[], rest: Partial<DriftReport> = {}): DriftReport => ({
  id: 'r1',
  model: 'cards',
  version: '3',
  window: { from: '2026-03-02T06:00:00.000Z', to: '2026-03-03T06:00:00.000Z' },
  rows: 20_000,
  policy: 'tollgate',
  drifted: columns.some(({ drifted }) => drifted),
  alarm: columns.some(({ alarm }) => alarm === true),
  columns,
  ...rest,
});

describe('what follows from a drift report', () => {
  it('is a notice for a first drifted window, and nothing else', () => {
    const { drift, retrain } = followUpOf(report([{ ...amount, alarm: false }]));
    expect(drift).toMatchObject({ severity: 'info', title: "'amount' has drifted in 'cards'" });
    expect(retrain).toBeUndefined();
  });

  it('is an alert and a new version for a confirmed one, since it began', () => {
    const other = { ...amount, column: 'fee', alarm: true, since: '2026-02-28T06:00:00.000Z' };
    const { drift, retrain } = followUpOf(report([{ ...amount, alarm: true }, other]));
    expect(drift).toMatchObject({ key: 'drift', severity: 'critical', path: '/api/models/cards/drift/r1' });
    expect(retrain).toEqual({
      reason: "drift of 'amount', 'fee' (report r1)",
      since: '2026-02-28T06:00:00.000Z',
    });
  });

  it('trains nothing on a column that is broken, or only lacks values', () => {
    const broken = { ...amount, alarm: true, broken: 'all missing', natures: ['quality' as const] };
    const missing = { ...amount, alarm: true, natures: ['quality' as const] };
    for (const column of [broken, missing]) {
      const { drift, retrain } = followUpOf(report([column]));
      expect(drift).toMatchObject({ severity: 'critical' });
      expect(retrain).toBeUndefined();
    }
  });

  it('is a new version for a model that has become worse, twice running', () => {
    const metric = {
      metric: 'aucRoc',
      reference: 0.92,
      current: 0.8,
      limit: 0.87,
      decayed: true,
      alarm: false,
    };
    const once = followUpOf(report([], { performance: [metric] }));
    expect(once.performance).toMatchObject({ severity: 'info' });
    expect(once.retrain).toBeUndefined();
    const since = '2026-03-01T06:00:00.000Z';
    const twice = followUpOf(report([], { performance: [{ ...metric, alarm: true, since }] }));
    expect(twice.performance).toMatchObject({ key: 'performance', severity: 'critical' });
    expect(twice.retrain).toEqual({ reason: 'decay of aucRoc (report r1)', since });
  });

  it('says that it is over where nothing has drifted', () => {
    const { drift, performance, retrain } = followUpOf(report([{ ...amount, drifted: false }]));
    expect(drift).toHaveProperty('over');
    expect(performance).toHaveProperty('over');
    expect(retrain).toBeUndefined();
  });
});
