import { describe, expect, it } from 'vitest';
import { type Clusters, clustersOf, singleRows } from '../../../../shared/training/evaluation/clusters.ts';
import { DEFAULT_COSTS } from '../../../../shared/training/evaluation/costs.ts';
import { percentileInterval, quantile } from '../../../../shared/training/evaluation/interval.ts';
import type { MetricName } from '../../../../shared/training/evaluation/metric-names.ts';
import { drawPoisson } from '../../../../shared/training/evaluation/poisson.ts';
import { rankRows } from '../../../../shared/training/evaluation/ranked-rows.ts';
import { measureAll, resample } from '../../../../shared/training/evaluation/resample.ts';
import { createRandom, type Random } from '../../../../shared/training/random.ts';

const policy = { review: 0.3, block: 0.6 };

describe('resampling', () => {
  it('draws counts of mean 1 and variance 1, none in e⁻¹ of the cases', () => {
    const counts = new Uint8Array(200_000);
    drawPoisson(counts, createRandom(3));
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
    // Within five standard errors.
    expect(Math.abs(mean - 1)).toBeLessThan(0.0112);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
    expect(
      Math.abs(counts.filter((count) => count === 0).length / counts.length - Math.exp(-1)),
    ).toBeLessThan(0.0054);
  });

  it('gives the same for the same seed, and something else for another', () => {
    const rows = sample(createRandom(4), 200, 1);
    const drawn = (seed: number) =>
      resample([rows], { clusters: singleRows(200), resamples: 20, seed })[0]!.aucRoc;
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
  });

  it('covers the truth in some 95 of 100 samples', () => {
    // Labels of probability p, p uniform: AUC 5/6, Brier 1/6, recall ∫ from .3 of 2p = .91, observed/expected 1.
    const truth = { aucRoc: 5 / 6, brier: 1 / 6, recall: 0.91, observedToExpected: 1, calibrationSlope: 1 };
    const covered = coverage(createRandom(5), truth, 1, () => singleRows(300));
    for (const [metric, share] of Object.entries(covered)) {
      expect(share, metric).toBeGreaterThan(0.88);
      expect(share, metric).toBeLessThan(1);
    }
  });

  it('covers the truth for accounts that repeat, but only when whole accounts are drawn', () => {
    const truth = { aucRoc: 5 / 6, brier: 1 / 6 };
    const accounts = clustersOf(Array.from({ length: 300 }, (_, row) => String(Math.floor(row / 5))));
    const whole = coverage(createRandom(6), truth, 5, () => accounts);
    const single = coverage(createRandom(6), truth, 5, () => singleRows(300));
    expect(whole['aucRoc']).toBeGreaterThan(0.88);
    expect(whole['brier']).toBeGreaterThan(0.88);
    expect(single['aucRoc']).toBeLessThan(0.8);
    expect(single['brier']).toBeLessThan(0.8);
  });

  it('gives no limits where the resamples hardly define a figure', () => {
    const few = Float64Array.of(0.5, 0.6, Number.NaN, Number.NaN);
    expect(percentileInterval(0.55, few)).toEqual({ value: 0.55 });
    expect(percentileInterval(Number.NaN, few)).toBeUndefined();
    // numpy.quantile([1, 2, 4, 8], .3)
    expect(quantile(Float64Array.of(1, 2, 4, 8), 0.3)).toBeCloseTo(1.9, 12);
  });
});

/** Rows whose probabilities are uniform and true, each `copies` times. */
function sample(draw: Random, rows: number, copies: number) {
  const distinct = Array.from({ length: rows / copies }, () => {
    const p = draw();
    return { p, label: draw() < p ? 1 : 0 };
  });
  const all = distinct.flatMap((row) => Array.from({ length: copies }, () => row));
  const ranked = rankRows({
    y: Uint8Array.from(all, ({ label }) => label),
    p: Float64Array.from(all, ({ p }) => p),
    policy,
    costs: DEFAULT_COSTS,
  });
  return { ranked };
}

function coverage(
  draw: Random,
  truth: Partial<Record<MetricName, number>>,
  copies: number,
  clusters: () => Clusters,
): Record<string, number> {
  const samples = 120;
  const covered: Record<string, number> = {};
  for (let index = 0; index < samples; index += 1) {
    const rows = sample(draw, 300, copies);
    const values = measureAll(rows);
    const [drawn] = resample([rows], { clusters: clusters(), resamples: 200, seed: index });
    for (const metric of Object.keys(truth) as MetricName[]) {
      const { lower = Infinity, upper = -Infinity } =
        percentileInterval(values[metric], drawn![metric]) ?? {};
      covered[metric] =
        (covered[metric] ?? 0) + Number(lower <= truth[metric]! && truth[metric]! <= upper) / samples;
    }
  }
  return covered;
}
