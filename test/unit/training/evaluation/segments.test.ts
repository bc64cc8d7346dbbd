import { describe, expect, it } from 'vitest';
import { DEFAULT_COSTS } from '../../../../shared/training/evaluation/costs.ts';
import { rankRows } from '../../../../shared/training/evaluation/ranked-rows.ts';
import { NO_VALUE, OTHER_VALUES, segmentTable } from '../../../../shared/training/evaluation/segments.ts';
import { wilsonInterval } from '../../../../shared/training/evaluation/wilson.ts';
import { aucRoc } from '../../../../shared/training/metrics.ts';
import { createRandom } from '../../../../shared/training/random.ts';

const policy = { review: 0.3, block: 0.6 };

function table(values: readonly (string | undefined)[], p: Float64Array, y: Uint8Array) {
  const ranked = rankRows({ y, p, policy, costs: DEFAULT_COSTS });
  return segmentTable('country', values, ranked, (row) => p[row]! >= policy.review, y);
}

describe('segmentTable', () => {
  it('measures each value as if there were no others, merges rare ones and marks what is small', () => {
    const draw = createRandom(1);
    const values = Array.from({ length: 2_000 }, (_, row) => {
      if (row < 1_000) return 'CA';
      if (row < 1_300) return undefined;
      if (row < 1_600) return 'FR';
      return `rare ${row % 20}`;
    });
    const p = Float64Array.from(values, () => draw());
    const y = Uint8Array.from(p, (score, row) =>
      values[row] === 'FR' ? Number(row % 20 > 0) : Number(draw() < score),
    );
    const { segments, falsePositiveRateGap } = table(values, p, y);
    expect(segments.map(({ value, rows, small, merged }) => [value, rows, small, merged])).toEqual([
      ['CA', 1_000, false, undefined],
      [NO_VALUE, 300, false, undefined],
      ['FR', 300, true, undefined],
      [OTHER_VALUES, 400, false, 20],
    ]);
    const [first] = segments;
    const mine = [p.slice(0, 1_000), y.slice(0, 1_000)] as const;
    expect(first?.metrics.aucRoc).toBeCloseTo(aucRoc(mine[1], mine[0]), 12);
    const negatives = mine[0].filter((_, row) => mine[1][row] === 0);
    const rate = negatives.filter((score) => score >= 0.3).length / negatives.length;
    expect(first?.metrics.falsePositiveRate).toBeCloseTo(rate, 12);
    expect([falsePositiveRateGap?.highest, falsePositiveRateGap?.lowest]).not.toContain('FR');
  });

  it('finds the gap between two rates, and tells one from chance', () => {
    const y = new Uint8Array(2_000);
    const values = Array.from(y, (_, row) => (row < 1_000 ? 'a' : 'b'));
    const gapOf = (flaggedOfB: number) =>
      table(
        values,
        Float64Array.from(y, (_, row) => (row < 100 || row >= 2_000 - flaggedOfB ? 0.5 : 0.1)),
        y,
      ).falsePositiveRateGap;
    expect(gapOf(300)).toMatchObject({ value: expect.closeTo(0.2, 12), highest: 'b', lowest: 'a' });
    expect(gapOf(300)?.lower).toBeGreaterThan(0.15);
    expect(gapOf(105)?.lower).toBeLessThan(0);
  });

  it('does not take the worst of many equal segments for a gap, in most samples', () => {
    const draw = createRandom(8);
    const values = Array.from({ length: 3_000 }, (_, row) => `v${row % 12}`);
    const y = new Uint8Array(3_000);
    let falseAlarms = 0;
    for (let sample = 0; sample < 40; sample += 1) {
      const gap = table(
        values,
        Float64Array.from(y, () => (draw() < 0.1 ? 0.5 : 0.1)),
        y,
      ).falsePositiveRateGap;
      if ((gap?.lower ?? -1) > 0) falseAlarms += 1;
    }
    expect(falseAlarms).toBeLessThanOrEqual(5);
  });

  it('keeps the name of a single rare value', () => {
    const y = Uint8Array.from({ length: 500 }, (_, row) => row % 2);
    const { segments } = table(
      Array.from(y, (_, row) => (row < 30 ? 'yes' : 'no')),
      new Float64Array(500).fill(0.2),
      y,
    );
    expect(segments.map(({ value, small }) => [value, small])).toEqual([
      ['no', false],
      ['yes', true],
    ]);
  });
});

describe('wilsonInterval', () => {
  it("is Newcombe's published one", () => {
    // Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I: 81/263, 15/148, 0/20, 1/29.
    for (const [events, n, lower, upper] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const) {
      const found = wilsonInterval(events, n, 1.959964);
      expect(found.lower).toBeCloseTo(lower, 4);
      expect(found.upper).toBeCloseTo(upper, 4);
    }
  });
});
