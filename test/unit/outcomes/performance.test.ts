import { describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/failure.ts';
import { outcomeRules } from '../../../shared/outcomes/measure-windows.ts';
import { MAX_WINDOWS, readWindows } from '../../../shared/outcomes/performance-query.ts';
import { type PerformanceParts, readPerformance } from '../../../shared/outcomes/performance.ts';
import { decide } from '../../../shared/scoring/decide.ts';
import { createRandom } from '../../../shared/training/random.ts';
import { DAY, HOUR, Logs, smallModel, TEN } from '../training/logs.ts';
import { POLICY } from './tallied.ts';

const iso = (time: number) => new Date(time).toISOString();
type Labelling = Parameters<typeof smallModel>[0];

function partsOf(logs: Logs, time: number, labelling?: Labelling): PerformanceParts {
  const rules = outcomeRules(smallModel(labelling));
  return { logs, rulesOf: () => Promise.resolve(rules), time: () => time };
}

interface Traffic {
  readonly at: number;
  readonly rows: number;
  readonly version?: string;
  /** What the chance of a positive is for a score. */
  readonly truth?: (p: number) => number;
  readonly labels?: 'all' | 'positive' | 'none';
  readonly labelledAt?: number;
  readonly seed?: number;
}

async function traffic(
  logs: Logs,
  { at, rows, version = '3', truth, labels = 'all', labelledAt, seed = 1 }: Traffic,
) {
  const draw = createRandom(seed);
  for (let row = 0; row < rows; row += 1) {
    const score = 0.02 + 0.9 * draw() ** 2;
    const label = draw() < (truth?.(score) ?? score) ? 1 : 0;
    const data = { version, score, decision: decide(score, POLICY) };
    const id = await logs.predict(at + row, { amount: 1, id: `${at} ${version} ${row}` }, data);
    if (labels === 'all' || (labels === 'positive' && label === 1))
      await logs.label(id, label, labelledAt ?? at + HOUR);
  }
}

describe('windows', () => {
  it('are whole hours or days, the last one up to now', () => {
    const now = TEN + 90_000;
    const hours = readWindows({ window: 'hour' }, now);
    expect(hours).toHaveLength(25);
    expect([hours[0], hours.at(-1)]).toEqual([
      { from: TEN - DAY, to: TEN - 23 * HOUR },
      { from: TEN, to: now },
    ]);
    const days = readWindows({}, now);
    expect(days).toHaveLength(31);
    expect(days[0]?.from).toBe(Date.UTC(2026, 0, 30));
  });

  it('are cut where the query says, and never lie ahead', () => {
    const query = { from: '2026-03-01T08:30:00', to: '2026-04-01', window: 'hour' };
    expect(readWindows(query, TEN)).toEqual([
      { from: TEN - 1.5 * HOUR, to: TEN - HOUR },
      { from: TEN - HOUR, to: TEN },
    ]);
  });

  it.each([
    [{ window: 'week' }, '/window', /'hour' or 'day'/],
    [{ from: 'yesterday' }, '/from', /ISO 8601/],
    [{ from: '2026-03-01', to: '2026-02-01' }, '/from', /before `to`/],
    [{ from: '2027-01-01' }, '/from', /before now/],
    [{ from: '2026-01-01', window: 'hour' }, '/from', /1426 windows .* more than 400/],
    [{ from: '2020-01-01' }, '/from', /more than 400/],
  ])('of %j are refused', (query, path, message) => {
    const refused = () => readWindows({ ...query }, TEN);
    expect(refused).toThrow(Failure);
    expect(refused).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        problems: [{ path, message: expect.stringMatching(message) }],
      }),
    );
    expect(MAX_WINDOWS).toBe(400);
  });
});

describe('performance', () => {
  it('is told by window and version, with coverage, and its estimate with the error of it', async () => {
    const logs = new Logs();
    await traffic(logs, { at: TEN - 2 * HOUR, rows: 300 });
    await traffic(logs, { at: TEN - 2 * HOUR, rows: 200, version: '4', labels: 'none' });
    await traffic(logs, { at: TEN - HOUR, rows: 100, version: '10', labels: 'none' });
    await logs.predict(TEN - HOUR, { amount: 1 }, { version: '10', error: { code: 'x', message: 'y' } });
    const query = { window: 'hour', from: iso(TEN - 3 * HOUR) };
    const { windows } = await readPerformance(partsOf(logs, TEN), 'cards', query);
    expect(
      windows.map(({ from, version, predictions, labels }) => [from, version, predictions, labels]),
    ).toEqual([
      [iso(TEN - 2 * HOUR), '3', 300, 300],
      [iso(TEN - 2 * HOUR), '4', 200, 0],
      [iso(TEN - HOUR), '10', 100, 0],
    ]);
    const [labelled, bare, failing] = windows;
    expect(labelled).toMatchObject({ coverage: 1, matured: true, assumedNegative: 0 });
    const { estimated, aucRoc = Number.NaN } = labelled ?? {};
    expect(estimated?.error?.aucRoc).toBeCloseTo((estimated?.aucRoc ?? 0) - aucRoc, 12);
    expect(labelled?.aucRocInterval?.lower).toBeLessThan(aucRoc);
    expect(bare).toMatchObject({ coverage: 0, confusion: { tp: 0, fp: 0, tn: 0, fn: 0 } });
    expect(Object.keys(bare ?? {})).not.toContain('aucRoc');
    expect(bare?.estimated).toHaveProperty('aucRoc');
    expect(bare?.estimated).not.toHaveProperty('error');
    expect(failing?.failed).toBe(1);
  });

  it('takes what has no label for negative once labels have matured, but nothing that was blocked', async () => {
    const logs = new Logs();
    await traffic(logs, { at: TEN - 3 * DAY, rows: 200, labels: 'positive' });
    await traffic(logs, { at: TEN - HOUR, rows: 50, labels: 'positive', labelledAt: TEN - 1 });
    const labelling = { maturity: '1d', unlabelled: 'negative' } as const;
    const { windows } = await readPerformance(partsOf(logs, TEN, labelling), 'cards', {});
    const [old, young] = windows;
    const { confusion, blocked, labels = 0, assumedNegative = 0 } = old ?? {};
    expect(blocked?.predictions).toBeGreaterThan(blocked?.labels ?? 0);
    expect(labels + assumedNegative).toBe(200 - ((blocked?.predictions ?? 0) - (blocked?.labels ?? 0)));
    expect((confusion?.tn ?? 0) + (confusion?.fp ?? 0)).toBe(assumedNegative);
    expect(old).toMatchObject({ matured: true });
    expect(old).toHaveProperty('aucRoc');
    expect(young).toMatchObject({ matured: false, assumedNegative: 0 });
    expect(Object.keys(young ?? {})).not.toContain('aucRoc');
  });

  it('counts a transaction that was sent twice and labelled once as one positive, not as a negative too', async () => {
    const logs = new Logs();
    for (let row = 0; row < 20; row += 1) {
      const inputs = { amount: 1, id: `tx ${row}` };
      await logs.predict(TEN - DAY + row, inputs, { score: 0.5, decision: 'review' });
      const again = await logs.predict(TEN - DAY + 1_000 + row, inputs, { score: 0.5, decision: 'review' });
      if (row < 5) await logs.label(again, 1, TEN - HOUR);
    }
    const labelling = { maturity: '1s', unlabelled: 'negative' } as const;
    const { windows } = await readPerformance(partsOf(logs, TEN, labelling), 'cards', {});
    expect(windows).toMatchObject([{ predictions: 40, confusion: { tp: 5, fp: 30 } }]);
  });

  it('ignores labels that another version or nobody has, and those of another hour', async () => {
    const logs = new Logs();
    await traffic(logs, { at: TEN - HOUR - 5, rows: 10 });
    const query = { window: 'hour', from: iso(TEN - 2 * HOUR) };
    const { windows } = await readPerformance(partsOf(logs, TEN + HOUR), 'cards', query);
    expect(windows.map(({ predictions, labels }) => [predictions, labels])).toEqual([
      [5, 5],
      [5, 5],
    ]);
  });

  it('is not estimated by a version whose matured windows were not calibrated', async () => {
    const logs = new Logs();
    const labelling = { maturity: '2h', unlabelled: 'drop' } as const;
    const doubled = (p: number) => Math.min(1, 2 * p);
    await traffic(logs, { at: TEN - 5 * HOUR, rows: 600, truth: doubled, labelledAt: TEN - 4 * HOUR });
    await traffic(logs, { at: TEN - 5 * HOUR, rows: 600, version: '4', labelledAt: TEN - 4 * HOUR });
    for (const version of ['3', '4'])
      await traffic(logs, { at: TEN - HOUR, rows: 100, version, labels: 'none' });
    const parts = partsOf(logs, TEN, labelling);
    // Also where the query itself names no window that has matured.
    for (const from of [TEN - 6 * HOUR, TEN - 90 * 60_000]) {
      const { windows } = await readPerformance(parts, 'cards', { window: 'hour', from: iso(from) });
      const young = windows.filter(({ matured }) => !matured);
      expect(young.map(({ version }) => version)).toEqual(['3', '4']);
      expect(young[0]).not.toHaveProperty('estimated');
      expect(young[0]?.estimateOff).toMatch(/observed\/expected positives are 1\.\d\d .*not calibrated/);
      expect(young[1]).toHaveProperty('estimated');
    }
  });

  it('is not estimated while the inputs have drifted, from the drifted window on', async () => {
    const logs = new Logs();
    for (const hours of [3, 2, 1]) await traffic(logs, { at: TEN - hours * HOUR, rows: 20, labels: 'none' });
    const parts = {
      ...partsOf(logs, TEN),
      inputDrift: () => Promise.resolve({ drifted: true, from: TEN - 1.5 * HOUR }),
    };
    const { windows } = await readPerformance(parts, 'cards', { window: 'hour', from: iso(TEN - 4 * HOUR) });
    expect(windows.map(({ estimated }) => estimated !== undefined)).toEqual([true, false, false]);
    expect(windows[2]?.estimateOff).toMatch(/inputs have drifted/);
  });
});
