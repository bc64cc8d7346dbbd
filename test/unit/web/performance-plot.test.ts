import { describe, expect, it } from 'vitest';
import { performanceSeries } from '../../../web/performance-plot.ts';

describe('performance over time', () => {
  it('takes the version with most predictions of a window, and keeps measured and estimated apart', () => {
    const window = { labels: 0, from: '2026-03-02T00:00:00Z', to: '2026-03-03T00:00:00Z' };
    const series = performanceSeries({
      windows: [
        { ...window, version: '2', predictions: 10, aucRoc: 0.5 },
        {
          ...window,
          version: '1',
          predictions: 90,
          aucRoc: 0.9,
          aucRocInterval: { lower: 0.88, upper: 0.92 },
          estimated: { aucRoc: 0.91 },
        },
        { ...window, version: '1', predictions: 5, from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' },
      ],
    });
    expect(series).toEqual({
      at: [Date.parse('2026-03-01T12:00:00Z') / 1_000, Date.parse('2026-03-02T12:00:00Z') / 1_000],
      aucRoc: [null, 0.9],
      lower: [null, 0.88],
      upper: [null, 0.92],
      averagePrecision: [null, null],
      estimated: [null, 0.91],
    });
  });
});
