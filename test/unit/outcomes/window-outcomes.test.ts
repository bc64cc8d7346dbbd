import { describe, expect, it } from 'vitest';
import { DEFAULT_DRIFT_SETTINGS } from '../../../shared/drift/drift-settings.ts';
import { performanceDecay } from '../../../shared/drift/performance-decay.ts';
import { outcomeRules } from '../../../shared/outcomes/measure-windows.ts';
import {
  heldOutMetrics,
  performanceEvidence,
  windowOutcomes,
} from '../../../shared/outcomes/window-outcomes.ts';
import { areasOf } from '../../../shared/outcomes/ranked-areas.ts';
import { createRandom } from '../../../shared/training/random.ts';
import { HOUR, Logs, smallModel, TEN } from '../training/logs.ts';
import { tallied, type TalliedRow } from './tallied.ts';

/** A world in which scores are the probabilities, some accounts having several positives. */
function world(seed: number, rows: number, truth = (p: number) => p): TalliedRow[] {
  const draw = createRandom(seed);
  return Array.from({ length: rows }, (_, row) => {
    const p = 0.6 * draw() ** 4;
    return { p, label: draw() < truth(p) ? 1 : 0, account: Math.floor(row / 3) };
  });
}

const held = tallied(world(1, 100_000));
const { aucRoc } = areasOf(held.cells());
const heldOut = { aucRoc: { value: aucRoc, lower: aucRoc - 0.01, upper: aucRoc + 0.01 } };
const decayOf = (rows: readonly TalliedRow[]) =>
  performanceDecay(performanceEvidence(tallied(rows), heldOut), DEFAULT_DRIFT_SETTINGS);

describe('what recent labels say of a version', () => {
  it('is no decay while the version is what it was, whatever the sample', () => {
    for (let seed = 2; seed < 42; seed += 1) {
      const [verdict] = decayOf(world(seed, 600));
      expect(verdict?.decayed, `seed ${seed}`).toBe(false);
    }
  });

  it('is a decay where the scores have lost much of their meaning', () => {
    const [verdict] = decayOf(world(3, 6_000, (p) => 0.1 + 0.2 * p));
    expect(verdict).toMatchObject({ metric: 'aucRoc', decayed: true });
    expect(verdict?.reference).toBe(aucRoc);
  });

  it('is no decay where it is only that blocked rows, the surest ones, have no label', () => {
    const rows = world(4, 20_000).map((row) => ({ ...row, p: row.p / (row.p + 0.01) }));
    const unblocked = rows.map(({ label = 0, ...row }) => (row.p >= 0.7 ? row : { ...row, label }));
    const [evidence] = performanceEvidence(tallied(unblocked), heldOut);
    expect(evidence?.current).toBeLessThan(aucRoc - 0.08);
    expect(evidence?.upper).toBeGreaterThan(aucRoc);
    expect(decayOf(unblocked)).toMatchObject([{ decayed: false }]);
  });

  it('has limits that cover the truth as often as they say', () => {
    const draws = Array.from({ length: 80 }, (_, seed) => {
      const [evidence] = performanceEvidence(tallied(world(100 + seed, 900)), { aucRoc: { value: aucRoc } });
      return (evidence?.upper ?? 0) < aucRoc ? 1 : 0;
    });
    // 2.5 % of them, and chance.
    expect(draws.reduce<number>((sum, one) => sum + one, 0)).toBeLessThanOrEqual(6);
  });

  it('is nothing where there are no labels', () => {
    expect(performanceEvidence(tallied([{ p: 0.5 }, { p: 0.1 }]), heldOut)).toEqual([]);
  });

  it('is of the predictions whose labels became certain in the window', async () => {
    const logs = new Logs();
    const predictedAt = [TEN - 3 * HOUR, TEN - 2 * HOUR, TEN - HOUR];
    for (const at of predictedAt) {
      for (let row = 0; row < 60; row += 1) {
        const id = await logs.predict(at + row, { amount: 1 }, { score: row / 100, decision: 'approve' });
        await logs.label(id, row >= 45 && at === predictedAt[1] ? 1 : 0, TEN - 1);
      }
    }
    const rules = outcomeRules(smallModel({ maturity: '2h', unlabelled: 'drop' }));
    const parts = {
      logs,
      rulesOf: () => Promise.resolve(rules),
      heldOutOf: () => Promise.resolve(heldOut),
      time: () => TEN + HOUR,
    };
    const window = { from: TEN, to: TEN + HOUR };
    const { labels, performance } = await windowOutcomes(parts, 'cards', '3', window);
    expect(labels).toEqual({ rows: 60, positives: 15 });
    expect(performance).toMatchObject([{ metric: 'aucRoc', current: 1, positives: 15 }]);
    expect(await windowOutcomes(parts, 'cards', '4', window)).toEqual({ performance: [] });
  });

  it('takes the held-out metrics with or without intervals', () => {
    const interval = { value: 0.9, lower: 0.88, upper: 0.92 };
    const found = heldOutMetrics({
      metrics: { aucRoc: 0.91, recall: 0.4, f1: null },
      intervals: { aucRoc: interval },
    });
    expect(found).toEqual({ aucRoc: interval, recall: { value: 0.4 } });
  });
});
