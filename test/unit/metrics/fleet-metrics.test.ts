import { describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/failure.ts';
import { exposition } from '../../../shared/metrics/exposition.ts';
import { FleetMetrics, type FleetParts } from '../../../shared/metrics/fleet-metrics.ts';
import { RecentPerformance } from '../../../shared/metrics/recent-windows.ts';
import { outcomeRules } from '../../../shared/outcomes/measure-windows.ts';
import { planSchema } from '../../../shared/promotion/plan.ts';
import { beginRecord } from '../../../shared/promotion/record.ts';
import { RollupWriter } from '../../../shared/rollups/rollup-writer.ts';
import { MemoryRollups } from '../../fixtures/memory-rollups.ts';
import { promotedRow } from '../../fixtures/traffic-row.ts';
import { MINUTE, prediction, TEN } from '../rollups/countables.ts';
import { Logs, smallModel } from '../training/logs.ts';
import { parseExposition, sumOf } from './parsed-text.ts';

const promotion = beginRecord({
  model: 'cards',
  promotionId: 'p1',
  version: '2',
  champion: '1',
  epoch: 1,
  plan: planSchema.parse({}),
  requestedBy: 'ada',
  at: TEN,
});

function fleet(change: Partial<FleetParts> = {}) {
  const rollups = new MemoryRollups();
  const logs = new Logs();
  const clock = { now: TEN + MINUTE };
  const rules = outcomeRules(smallModel());
  const parts = { logs, rulesOf: () => Promise.resolve(rules), time: () => clock.now };
  const reports: unknown[] = [];
  const recent = new RecentPerformance(
    parts,
    () => clock.now,
    (_, error) => reports.push(error),
  );
  const metrics = new FleetMetrics({
    registry: { allTraffic: () => Promise.resolve({ items: [{ row: promotedRow(25), etag: '1' }] }) },
    rollups,
    promotions: { list: () => Promise.resolve([promotion]) },
    performance: recent,
    time: () => clock.now,
    now: () => clock.now,
    ...change,
  });
  return { rollups, logs, clock, recent, metrics, writer: new RollupWriter(rollups), reports };
}

describe('the metrics of the fleet', () => {
  it('tell requests, latencies, decisions and scores by version and variant', async () => {
    const { writer, metrics } = fleet();
    const served = { version: '1', score: 0.25, latencyMs: 3 };
    await writer.count('0', [
      prediction(served),
      prediction({ ...served, decision: 'block', score: 0.9, latencyMs: 30 }),
      prediction({ version: '1', error: { code: 'x', message: 'y' } }),
      prediction({ ...served, pinned: true }),
    ]);
    await writer.count('1', [
      prediction({ ...served, version: '2', variant: 'canary', promotionId: 'p1', step: 1 }),
    ]);
    const samples = parseExposition(await metrics.text());
    const champion = { model: 'cards', version: '1', variant: 'champion' };
    expect(sumOf(samples, 'tollgate_requests_total', { ...champion, outcome: 'ok' })).toBe(2);
    expect(sumOf(samples, 'tollgate_requests_total', { ...champion, outcome: 'error' })).toBe(1);
    expect(sumOf(samples, 'tollgate_requests_total', { ...champion, outcome: 'pinned' })).toBe(1);
    expect(sumOf(samples, 'tollgate_requests_total', { version: '2', variant: 'canary' })).toBe(1);
    expect(sumOf(samples, 'tollgate_decisions_total', { ...champion, decision: 'block' })).toBe(1);
    const duration = 'tollgate_request_duration_seconds';
    expect(sumOf(samples, `${duration}_bucket`, { ...champion, le: '0.005' })).toBe(1);
    expect(sumOf(samples, `${duration}_count`, champion)).toBe(2);
    expect(sumOf(samples, `${duration}_sum`, champion)).toBeCloseTo(0.033, 3);
    expect(sumOf(samples, 'tollgate_score_quantile', { ...champion, quantile: '0.5' })).toBeCloseTo(0.25, 1);
    expect(sumOf(samples, 'tollgate_score_quantile', { ...champion, quantile: '0.99' })).toBeCloseTo(0.9, 1);
  });

  it('tell who gets traffic, the phase of the promotion, and drift where there is a report', async () => {
    const column = { rank: 1, statistics: {}, kind: 'numeric', threshold: 0.02 } as const;
    const drift = {
      version: '1',
      alarm: true,
      columns: [
        { ...column, column: 'amount "net"\\', role: 'input', driftScore: 0.3, drifted: true } as const,
        { ...column, column: 'note', role: 'input', driftScore: 0.01, drifted: false } as const,
      ],
    };
    const samples = parseExposition(
      await fleet({ latestDrift: () => Promise.resolve(drift) }).metrics.text(),
    );
    expect(sumOf(samples, 'tollgate_traffic_ratio', { version: '1', role: 'champion' })).toBe(0.75);
    expect(sumOf(samples, 'tollgate_traffic_ratio', { version: '2', role: 'canary' })).toBe(0.25);
    expect(sumOf(samples, 'tollgate_promotion_phase', { version: '2', phase: 'shadow' })).toBe(1);
    expect(sumOf(samples, 'tollgate_promotion_phase')).toBe(1);
    expect(sumOf(samples, 'tollgate_drift_score', { column: 'amount "net"\\' })).toBe(0.3);
    expect(sumOf(samples, 'tollgate_drift_detected')).toBe(1);
    expect(sumOf(samples, 'tollgate_drift_alarm')).toBe(1);
    const without = parseExposition(await fleet().metrics.text());
    expect(without.filter(({ name }) => name.includes('drift'))).toEqual([]);
  });

  it('tell performance and label coverage once the log has been read, which nobody waits for', async () => {
    const { logs, metrics, recent, clock } = fleet();
    for (let row = 0; row < 40; row += 1) {
      const score = row / 40;
      const id = await logs.predict(
        TEN + row,
        { amount: 1 },
        { score, decision: row < 20 ? 'approve' : 'review' },
      );
      if (row % 4 !== 0) await logs.label(id, row > 10 ? 1 : 0, TEN + 100);
    }
    const first = parseExposition(await metrics.text());
    expect(sumOf(first, 'tollgate_label_coverage_ratio')).toBe(0);
    await recent.settled();
    clock.now += 10_000;
    const samples = parseExposition(await metrics.text());
    expect(sumOf(samples, 'tollgate_label_coverage_ratio', { model: 'cards', version: '3' })).toBe(0.75);
    expect(sumOf(samples, 'tollgate_model_performance', { metric: 'aucRoc' })).toBe(1);
    expect(sumOf(samples, 'tollgate_model_performance', { metric: 'recall' })).toBeCloseTo(15 / 22, 12);
  });

  it('read the log again at most once a minute', async () => {
    const { metrics, recent, clock, logs } = fleet();
    let lists = 0;
    logs.predictions.fault = (call) => {
      if (call === 'list') lists += 1;
      return undefined;
    };
    for (let second = 0; second < 180; second += 10) {
      await metrics.text();
      await recent.settled();
      clock.now += 10_000;
    }
    // Two days are listed at each reading.
    expect(lists).toBe(3 * 2);
  });

  it('keep the figures of a worker for ten seconds, but no failure', async () => {
    const { rollups, metrics, clock, writer } = fleet();
    rollups.fault = () => 'before';
    await expect(metrics.text()).rejects.toThrow(Failure);
    rollups.fault = () => undefined;
    const text = await metrics.text();
    await writer.count('0', [prediction()]);
    clock.now += 9_000;
    expect(await metrics.text()).toBe(text);
    clock.now += 1_000;
    expect(sumOf(parseExposition(await metrics.text()), 'tollgate_requests_total')).toBe(1);
  });

  it('say so where the log cannot be read, and go on', async () => {
    const { logs, metrics, recent, reports } = fleet();
    logs.predictions.fault = () => 'before';
    await metrics.text();
    await recent.settled();
    expect(reports).toHaveLength(1);
  });
});

describe('the text', () => {
  it('leaves out what has no samples, and escapes labels', async () => {
    const text = await exposition([
      { name: 'a_total', help: 'Of a', type: 'counter', values: [] },
      { name: 'b', help: 'Of b', type: 'gauge', values: [{ labels: { x: 'q"\\' }, value: 2 }] },
    ]);
    expect(text).toBe('# HELP b Of b\n# TYPE b gauge\nb{x="q\\"\\\\"} 2\n');
  });
});
