import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/failure.ts';
import { ModelRefused } from '../../../shared/registry/model-folder.ts';
import type { LoadedModel } from '../../../shared/scoring/load-model.ts';
import { ModelPool } from '../../../shared/scoring/model-pool.ts';
import { loadedModel } from '../../fixtures/loaded-model.ts';

describe('ModelPool', () => {
  let now: number;
  let loads: string[];
  let closed: string[];
  let load: (model: string, version: string) => Promise<LoadedModel>;
  let pool: ModelPool;

  beforeEach(() => {
    now = 0;
    loads = [];
    closed = [];
    load = (model, version) => Promise.resolve(loadedModel(model, version, () => closed.push(version)));
    const counted = (model: string, version: string) => {
      loads.push(version);
      return load(model, version);
    };
    pool = new ModelPool(
      counted,
      () => now,
      () => undefined,
      { sessions: 2, retryAfter: 5_000, wait: 20 },
    );
  });

  it('loads a version once, however many requests wait for it', async () => {
    const got = await Promise.all(Array.from({ length: 20 }, () => pool.get('cards', '1')));
    expect(new Set(got).size).toBe(1);
    await pool.get('cards', '1');
    expect(loads).toEqual(['1']);
  });

  it('closes the least recently used version when there are too many', async () => {
    await pool.get('cards', '1');
    await pool.get('cards', '2');
    await pool.get('cards', '1');
    await pool.get('cards', '3');
    expect(closed).toEqual(['2']);
    await pool.get('cards', '1');
    expect(loads).toEqual(['1', '2', '3']);
  });

  it('leaves a version alone for a while that could not be loaded', async () => {
    const good = load;
    load = () => Promise.reject(new ModelRefused('tampered'));
    await expect(pool.get('cards', '1')).rejects.toMatchObject({ kind: 'unavailable', retryAfterSeconds: 5 });
    now = 4_999;
    await expect(pool.get('cards', '1')).rejects.toThrow(/tampered/);
    expect(loads).toEqual(['1']);
    load = good;
    now = 5_000;
    expect((await pool.get('cards', '1')).version).toBe('1');
  });

  it('passes on that a version does not exist', async () => {
    load = () => Promise.reject(new Failure('not-found', 'no such version'));
    await expect(pool.get('cards', '9')).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('tells a caller to come back where loading takes too long, and goes on loading', async () => {
    const pending = Promise.withResolvers<LoadedModel>();
    load = () => pending.promise;
    await expect(pool.get('cards', '1')).rejects.toMatchObject({ kind: 'unavailable' });
    pending.resolve(loadedModel('cards', '1'));
    expect((await pool.get('cards', '1')).version).toBe('1');
    expect(loads).toEqual(['1']);
  });

  describe('without waiting', () => {
    it('gives what is ready, and starts to load what is not', async () => {
      expect(pool.peek('cards', '1')).toBeUndefined();
      expect(pool.peek('cards', '1')).toBeUndefined();
      await pool.get('cards', '1');
      expect(pool.peek('cards', '1')).toMatchObject({ version: '1' });
      expect(loads).toEqual(['1']);
    });

    it('gives the failure of the last load, also while it is tried again', async () => {
      const good = load;
      load = () => Promise.reject(new ModelRefused('tampered'));
      pool.peek('cards', '1');
      await new Promise(setImmediate);
      expect(pool.peek('cards', '1')).toMatchObject({ kind: 'unavailable' });
      expect(loads).toHaveLength(1);
      load = good;
      now = 5_000;
      expect(pool.peek('cards', '1')).toBeInstanceOf(Failure);
      await new Promise(setImmediate);
      expect(pool.peek('cards', '1')).toMatchObject({ version: '1' });
    });

    it('counts as a use', async () => {
      await pool.get('cards', '1');
      await pool.get('cards', '2');
      pool.peek('cards', '1');
      await pool.get('cards', '3');
      expect(closed).toEqual(['2']);
    });
  });

  it('closes all it holds', async () => {
    await pool.get('cards', '1');
    await pool.get('cards', '2');
    await pool.close();
    expect(closed.toSorted()).toEqual(['1', '2']);
  });
});
