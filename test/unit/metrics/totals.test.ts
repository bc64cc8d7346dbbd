import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/failure.ts';
import { LATENCY_EDGES, latencyHistogram } from '../../../shared/metrics/latency-histogram.ts';
import { readTotals } from '../../../shared/metrics/read-totals.ts';
import { latencyBucket } from '../../../shared/promotion/latency-sketch.ts';
import { RollupWriter } from '../../../shared/rollups/rollup-writer.ts';
import { MemoryRollups } from '../../fixtures/memory-rollups.ts';
import { MINUTE, prediction, TEN } from '../rollups/countables.ts';

/** A fleet: predictions are collected at one time, and figures asked for at another. */
class Fleet {
  readonly rollups = new MemoryRollups();
  readonly #writer = new RollupWriter(this.rollups);
  sent = 0;

  async score(time: number, data: Parameters<typeof prediction>[0] = {}): Promise<void> {
    this.sent += 1;
    await this.#writer.count('0', [prediction(data, time)]);
  }

  async ok(now: number, version = '3'): Promise<number> {
    const { series } = await readTotals(this.rollups, 'cards', now);
    return series.filter((one) => one.version === version).reduce((sum, { counts }) => sum + counts.ok, 0);
  }
}

describe('counters', () => {
  it('count every request once and never go back, whenever and by however many hosts they are read', async () => {
    const step = fc.record({
      /** Seconds until this happens. */
      after: fc.nat(400),
      /** How long ago the prediction was made that is collected now, in seconds: collectors lag behind. */
      ago: fc.nat(500),
      requests: fc.nat(3),
      hosts: fc.nat(3),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const fleet = new Fleet();
        let now = TEN;
        let before = await fleet.ok(now);
        for (const { after, ago, requests, hosts } of steps) {
          now += after * 1_000;
          for (let request = 0; request < requests; request += 1) await fleet.score(now - ago * 1_000);
          const counts = await Promise.all(Array.from({ length: hosts }, () => fleet.ok(now)));
          expect(Math.min(before, ...counts)).toBe(before);
          before = Math.max(before, ...counts);
        }
        expect(await fleet.ok(now)).toBe(fleet.sent);
      }),
      { numRuns: 60 },
    );
  });

  it('go on when rows have expired, and after a fleet has been asleep', async () => {
    const fleet = new Fleet();
    await fleet.score(TEN);
    await fleet.score(TEN + MINUTE);
    await fleet.ok(TEN + 15 * MINUTE);
    for (const path of fleet.rollups.rows.keys())
      if (!path.includes('totals')) fleet.rollups.rows.delete(path);
    expect(await fleet.ok(TEN + 16 * MINUTE)).toBe(2);
    const nextDay = TEN + 24 * 60 * MINUTE;
    await fleet.score(nextDay - 3 * 60 * MINUTE);
    await fleet.score(nextDay);
    // Of times that nobody watched only the last hour counts.
    expect(await fleet.ok(nextDay + MINUTE)).toBe(3);
  });

  it('are read again where another host has settled minutes meanwhile', async () => {
    const fleet = new Fleet();
    await fleet.score(TEN);
    await fleet.ok(TEN + MINUTE);
    const find = fleet.rollups.find.bind(fleet.rollups);
    let others = 0;
    fleet.rollups.find = async function* (query) {
      yield* find(query);
      // After the rows were read, and before the counters are written.
      if ((others += 1) === 1) await fleet.ok(TEN + 13 * MINUTE);
    };
    expect(await fleet.ok(TEN + 12 * MINUTE)).toBe(1);
    expect(others).toBeGreaterThan(2);
  });

  it('are not written by whoever finds nothing to settle', async () => {
    const fleet = new Fleet();
    await fleet.score(TEN);
    await fleet.ok(TEN + MINUTE);
    const { writes } = fleet.rollups;
    for (let second = 0; second < 60; second += 10) await fleet.ok(TEN + 2 * MINUTE + second * 1_000);
    expect(fleet.rollups.writes).toBe(writes);
  });

  it('forget versions that have had no requests for longest', async () => {
    const fleet = new Fleet();
    for (let version = 1; version <= 60; version += 1)
      await fleet.score(TEN + Math.floor(version / 10) * MINUTE, { version: `${version}` });
    const { series } = await readTotals(fleet.rollups, 'cards', TEN + 8 * MINUTE);
    expect(series).toHaveLength(40);
    expect(Math.min(...series.map(({ version }) => Number(version)))).toBeGreaterThan(19);
  });

  it('are not told while the service is away', async () => {
    const fleet = new Fleet();
    fleet.rollups.fault = () => 'before';
    await expect(fleet.ok(TEN)).rejects.toThrow(Failure);
  });
});

describe('the latency histogram', () => {
  it('has each time in its bucket, but for 2 % around the edges, and the sum to 1 %', () => {
    const times = fc.array(fc.double({ min: 0.01, max: 20_000, noNaN: true }), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(
      fc.property(times, (milliseconds) => {
        const sketch: Record<string, number> = {};
        for (const time of milliseconds) {
          const bucket = latencyBucket(time);
          sketch[bucket] = (sketch[bucket] ?? 0) + 1;
        }
        const { counts, sum } = latencyHistogram(sketch);
        const exact = milliseconds.reduce((total, time) => total + time / 1_000, 0);
        expect(Math.abs(sum - exact)).toBeLessThanOrEqual(0.0101 * exact);
        let below = 0;
        for (const [at, edge] of LATENCY_EDGES.entries()) {
          below += counts[at] ?? 0;
          const within = (limit: number) => milliseconds.filter((time) => time / 1_000 <= limit).length;
          expect(below).toBeGreaterThanOrEqual(within(edge * 0.98));
          expect(below).toBeLessThanOrEqual(within(edge * 1.02));
        }
      }),
    );
  });
});
