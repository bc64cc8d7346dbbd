import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRecorded } from '../../../shared/training/reproduced-numbers.ts';

const recorded = {
  metrics: { aucRoc: 0.75, logLoss: Number.NaN },
  rows: { heldOut: 600 },
  segments: [{ value: 'web', metrics: { recall: 0.5 } }],
};

describe('recorded values made again', () => {
  it('are the same to the last bit, wherever they are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (values) => {
        const again = compareRecorded(values, structuredClone(values), 0);
        expect(again).toMatchObject({ exact: again.compared, worst: 0, differences: [] });
      }),
    );
    expect(compareRecorded(recorded, { ...recorded }, 0)).toEqual({
      compared: 5,
      exact: 5,
      worst: 0,
      differences: [],
    });
  });

  it('may differ by the tolerance, which is relative above 1', () => {
    const off = (value: number, by: number, tolerance: number) =>
      compareRecorded({ value }, { value: value + by }, tolerance);
    expect(off(0.75, 1e-10, 1e-9)).toMatchObject({ exact: 0, differences: [] });
    expect(off(0.75, 1e-8, 1e-9).differences).toHaveLength(1);
    expect(off(1024, 2 ** -20, 1e-9)).toMatchObject({ worst: 2 ** -30, differences: [] });
    expect(off(1024, 2 ** -18, 1e-9).differences).toHaveLength(1);
  });

  it('are named where they differ, are of another type or are on one side only', () => {
    const again = {
      metrics: { aucRoc: 0.5, logLoss: 0.1 },
      rows: { heldOut: 600, gap: 3 },
      segments: [{ value: 'app' }],
    };
    expect(compareRecorded(recorded, again, 1e-9).differences).toEqual([
      { path: 'metrics.aucRoc', recorded: 0.75, reproduced: 0.5 },
      { path: 'metrics.logLoss', recorded: null, reproduced: 0.1 },
      { path: 'segments.0.value', recorded: 'web', reproduced: 'app' },
      { path: 'segments.0.metrics.recall', recorded: 0.5, reproduced: undefined },
      { path: 'rows.gap', recorded: undefined, reproduced: 3 },
    ]);
  });
});
