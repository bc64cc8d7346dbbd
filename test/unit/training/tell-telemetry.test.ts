import { describe, expect, it } from 'vitest';
import { tellOfRun } from '../../../shared/training/tell-telemetry.ts';
import { ToldTelemetry } from '../../fixtures/told-telemetry.ts';

describe('telemetry of a retrain', () => {
  it('is told of one that failed, with its step, and of no other', () => {
    const telemetry = new ToldTelemetry();
    const run = { model: 'cards', runId: 'r', step: 'assemble' } as const;
    for (const status of ['registered', 'rejected', 'skipped'] as const)
      tellOfRun(telemetry, { ...run, status });
    expect(telemetry.told).toEqual([]);
    tellOfRun(telemetry, { ...run, status: 'failed' });
    const reason = "it failed at the step 'assemble': see its record";
    expect(telemetry.told).toEqual([
      ['event', 'tollgate.retrain.failed', 'all', { model: 'cards', runId: 'r', reason }],
    ]);
  });
});
