import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/failure.ts';
import type { TrafficRow } from '../../../shared/registry/rows.ts';
import { TrafficView } from '../../../shared/registry/traffic-view.ts';
import { trafficRow } from '../../fixtures/traffic-row.ts';

describe('TrafficView', () => {
  let now: number;
  let reads: number;
  let errors: unknown[];
  let answer: () => Promise<TrafficRow | undefined>;
  let view: TrafficView;

  beforeEach(() => {
    now = 0;
    reads = 0;
    errors = [];
    answer = () => Promise.resolve(trafficRow('1'));
    const read = () => {
      reads++;
      return answer();
    };
    view = new TrafficView(
      read,
      () => now,
      (error) => errors.push(error),
      {
        maxAge: 5_000,
        refreshAge: 2_000,
        bound: 20,
        firstBound: 20,
        retryAfter: 1_000,
      },
    );
  });

  const version = async () => (await view.current('cards')).champion.version;

  it('reads once while the copy is fresh', async () => {
    for (now of [0, 500, 1_000, 2_000]) expect(await version()).toBe('1');
    expect(reads).toBe(1);
  });

  it('refreshes an ageing copy beside the request', async () => {
    await version();
    answer = () => Promise.resolve(trafficRow('2'));
    now = 2_001;
    expect(await version()).toBe('1');
    await Promise.resolve();
    expect(await version()).toBe('2');
    expect(reads).toBe(2);
  });

  it('does not trust a copy older than five seconds: the request waits for the new one', async () => {
    await version();
    answer = () => Promise.resolve(trafficRow('2'));
    now = 600_000; // a worker that was frozen
    expect(await version()).toBe('2');
  });

  it('goes on with the old copy where the refresh fails, and tries again a second later', async () => {
    await version();
    answer = () => Promise.reject(new Error('no Cosmos'));
    now = 6_000;
    expect(await version()).toBe('1');
    expect(errors).toHaveLength(1);
    now = 6_900;
    expect(await version()).toBe('1');
    expect(reads).toBe(2);
    answer = () => Promise.resolve(trafficRow('3'));
    now = 7_001;
    expect(await version()).toBe('3');
  });

  it('waits only so long for a Cosmos that does not answer', async () => {
    await version();
    answer = () => new Promise(() => undefined);
    now = 6_000;
    expect(await version()).toBe('1');
  });

  it('shares one refresh between requests', async () => {
    await version();
    now = 6_000;
    await Promise.all(Array.from({ length: 50 }, version));
    expect(reads).toBe(2);
  });

  it('says that a model does not exist, and notices when it does', async () => {
    answer = () => Promise.resolve(undefined);
    await expect(version()).rejects.toMatchObject({ kind: 'not-found' });
    answer = () => Promise.resolve(trafficRow('1'));
    now = 5_001;
    expect(await version()).toBe('1');
  });

  it('shares the first read, which goes on when the patience of those who wait for it ends', async () => {
    const { promise, resolve } = Promise.withResolvers<TrafficRow>();
    answer = () => promise;
    const waiting = await Promise.allSettled(Array.from({ length: 50 }, version));
    for (const one of waiting)
      expect(one).toMatchObject({ status: 'rejected', reason: { kind: 'unavailable' } });
    resolve(trafficRow('1'));
    expect(await version()).toBe('1');
    expect(reads).toBe(1);
  });

  it('reads again after a first read that failed', async () => {
    answer = () => Promise.reject(new Failure('unavailable', 'no Cosmos'));
    await expect(version()).rejects.toMatchObject({ kind: 'unavailable' });
    answer = () => Promise.resolve(trafficRow('1'));
    expect(await version()).toBe('1');
  });

  it('passes on that nothing could ever be read', async () => {
    answer = () => Promise.reject(new Failure('unavailable', 'no Cosmos'));
    await expect(version()).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
