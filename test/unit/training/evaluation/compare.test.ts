import { describe, expect, it } from 'vitest';
import { compileContract } from '../../../../shared/features/compile.ts';
import { clustersOf, singleRows } from '../../../../shared/training/evaluation/clusters.ts';
import { compareWithChampion, comparisonSchema } from '../../../../shared/training/evaluation/compare.ts';
import { DEFAULT_COSTS } from '../../../../shared/training/evaluation/costs.ts';
import { rankRows } from '../../../../shared/training/evaluation/ranked-rows.ts';
import { rowKey, unseenRows } from '../../../../shared/training/evaluation/unseen-rows.ts';
import { aucRoc, averagePrecision } from '../../../../shared/training/metrics.ts';
import { createRandom } from '../../../../shared/training/random.ts';

const draw = createRandom(21);
const rows = 2_000;
const p = Float64Array.from({ length: rows }, () => draw() ** 3);
const y = Uint8Array.from(p, (score) => (draw() < score ? 1 : 0));
const blurred = p.map((score) => 0.6 * score + 0.4 * draw() ** 3);
const version = (scores: Float64Array) => ({
  p: scores,
  ranked: rankRows({ y, p: scores, policy: { review: 0.3, block: 0.6 }, costs: DEFAULT_COSTS }),
});
const plan = { clusters: singleRows(rows), resamples: 200, seed: 1 };

describe('compareWithChampion', () => {
  const worse = compareWithChampion(y, version(blurred), { ...version(p), version: '3' }, plan);

  it('gives the differences of the metrics, candidate less champion', () => {
    expect(comparisonSchema.parse(worse)).toEqual(worse);
    expect(worse).toMatchObject({
      champion: { version: '3' },
      rows,
      positives: y.reduce((sum, label) => sum + label, 0),
    });
    expect(worse.differences.aucRoc?.value).toBeCloseTo(aucRoc(y, blurred) - aucRoc(y, p), 12);
    expect(worse.differences.averagePrecision?.value).toBeCloseTo(
      averagePrecision(y, blurred) - averagePrecision(y, p),
      12,
    );
    expect(worse.championMetrics.aucRoc?.value).toBeCloseTo(aucRoc(y, p), 12);
    expect(worse.differences.aucRoc?.upper).toBeLessThan(0);
    expect(worse.differences.averagePrecision?.upper).toBeLessThan(0);
  });

  it('is certain of a difference that figures of two separate samples would not tell', () => {
    const nearly = compareWithChampion(
      y,
      version(p.map((score) => 0.93 * score + 0.07 * draw())),
      { ...version(p), version: '3' },
      plan,
    );
    const { lower = 0, upper = 0 } = nearly.differences.averagePrecision ?? {};
    const champion = nearly.championMetrics.averagePrecision;
    expect(upper - lower).toBeLessThan(0.7 * ((champion?.upper ?? 0) - (champion?.lower ?? 0)));
  });

  it('finds no difference between a version and itself', () => {
    const same = compareWithChampion(y, version(p), { ...version(p), version: '3' }, plan);
    for (const difference of Object.values(same.differences))
      expect(difference).toEqual({ value: 0, lower: 0, upper: 0 });
  });

  it('is less certain where rows are of few accounts', () => {
    const clusters = clustersOf(Array.from(y, (label, row) => `${label} ${Math.floor(p[row]! * 20)}`));
    const clustered = compareWithChampion(
      y,
      version(blurred),
      { ...version(p), version: '3' },
      { ...plan, clusters },
    );
    const width = ({ lower = 0, upper = 0 } = {}) => upper - lower;
    expect(width(clustered.differences.aucRoc)).toBeGreaterThan(width(worse.differences.aucRoc));
  });
});

describe('unseenRows', () => {
  const layout = (role: 'id' | undefined) =>
    compileContract({
      model: 'm',
      title: 'M',
      description: '',
      columns: [
        { name: 'id', type: 'string', ...(role === undefined ? {} : { role }) },
        { name: 'a', type: 'number' },
        { name: 'y', type: 'number', role: 'label' },
      ],
      features: [{ op: 'passthrough', column: 'a' }],
      policy: { review: 0.1, block: 0.5 },
    });

  it('knows rows again by their ids, or by all their values where they have none', () => {
    const trained = [
      ['t1', 1, 0],
      ['t2', 2, 1],
    ] as const;
    const asked = [
      ['t1', 5, 0],
      ['t2', 2, 1],
      ['t3', 1, 0],
    ] as const;
    const unseen = (contract: ReturnType<typeof layout>) => [
      ...unseenRows(contract, asked, new Set(trained.map((row) => rowKey(contract, row)))),
    ];
    expect(unseen(layout('id'))).toEqual([2]);
    expect(unseen(layout(undefined))).toEqual([0, 2]);
  });
});
