import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CircuitBreaker } from '../../../shared/events/circuit-breaker.ts';

const TIMES = { probeEvery: 100, probeAtMost: 450 };

/** A breaker whose probes answer as they are told, with the moments of the probes. */
function watched(answers: () => boolean) {
  const started = Date.now();
  const probes: number[] = [];
  const breaker = new CircuitBreaker(
    () => {
      probes.push(Date.now() - started);
      return answers() ? Promise.resolve() : Promise.reject(new Error('away'));
    },
    () => undefined,
    TIMES,
  );
  return { breaker, probes };
}

describe('the circuit breaker', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('asks a hub that is away at the same pace however long it is, so that its return is seen at once', async () => {
    let isBack = false;
    const { breaker, probes } = watched(() => isBack);
    breaker.failed(new Error('refused'));
    await vi.advanceTimersByTimeAsync(1_050);
    expect(probes).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000]);
    expect(breaker.open).toBe(true);
    isBack = true;
    await vi.advanceTimersByTimeAsync(100);
    expect(breaker.open).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(probes).toHaveLength(11);
  });

  it('waits twice as long each time that the hub answers a probe and then no send, until a send works', async () => {
    const { breaker, probes } = watched(() => true);
    const openings = async () => {
      const before = Date.now();
      breaker.failed(new Error('not taken'));
      while (breaker.open) await vi.advanceTimersByTimeAsync(10);
      return Date.now() - before;
    };
    expect([await openings(), await openings(), await openings(), await openings()]).toEqual([
      100, 200, 400, 450,
    ]);
    breaker.succeeded();
    expect(await openings()).toBe(100);
    expect(probes).toHaveLength(5);
  });

  it('learns nothing about an outage from a probe of the one before', async () => {
    const probes: PromiseWithResolvers<void>[] = [];
    const breaker = new CircuitBreaker(
      () => {
        const probe = Promise.withResolvers<void>();
        probes.push(probe);
        return probe.promise;
      },
      () => undefined,
      TIMES,
    );
    for (const end of ['resolve', 'reject'] as const) {
      probes.length = 0;
      breaker.failed(new Error('refused'));
      await vi.advanceTimersByTimeAsync(100);
      breaker.succeeded();
      breaker.failed(new Error('refused again'));
      probes[0]?.[end]();
      await vi.advanceTimersByTimeAsync(99);
      expect([breaker.open, probes.length]).toEqual([true, 1]);
      await vi.advanceTimersByTimeAsync(500);
      expect(probes).toHaveLength(2);
      breaker.succeeded();
      expect(breaker.open).toBe(false);
    }
  });

  it('asks nothing more once it is stopped', async () => {
    const { breaker, probes } = watched(() => false);
    breaker.failed(new Error('refused'));
    breaker.stop();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(probes).toEqual([]);
  });
});
