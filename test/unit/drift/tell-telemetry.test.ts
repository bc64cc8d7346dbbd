import { describe, expect, it } from 'vitest';
import type { DriftReport } from '../../../shared/drift/report.ts';
import { tellOfDrift } from '../../../shared/drift/tell-telemetry.ts';
import { ToldTelemetry } from '../../fixtures/told-telemetry.ts';

const column = (name: string, alarm: boolean): DriftReport['columns'][number] => ({
  column: name,
  role: 'input',
  kind: 'categorical',
  rank: 1,
  statistics: {},
  driftScore: 1,
  threshold: 0.1,
  drifted: true,
  alarm,
  unseen: { share: 0.5, values: ['a value'] },
});
const report = (alarm: boolean): DriftReport => ({
  id: '2026-03-01',
  model: 'cards',
  version: '3',
  window: { from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' },
  rows: 10,
  policy: 'tollgate',
  drifted: true,
  alarm,
  columns: [column('amount', alarm), column('country', alarm), column('hour', false)],
});

describe('telemetry of drift', () => {
  it('is told of an alarm with the names of its columns, and of nothing short of one', () => {
    const telemetry = new ToldTelemetry();
    tellOfDrift(telemetry, report(false));
    expect(telemetry.told).toEqual([]);
    tellOfDrift(telemetry, report(true));
    const attributes = { model: 'cards', version: '3', reportId: '2026-03-01', columns: 'amount,country' };
    expect(telemetry.told).toEqual([['event', 'tollgate.drift.alarm', 'all', attributes]]);
  });
});
