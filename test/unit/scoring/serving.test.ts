import { beforeEach, describe, expect, it } from 'vitest';
import type { TrafficRow } from '../../../shared/registry/rows.ts';
import { TrafficView } from '../../../shared/registry/traffic-view.ts';
import type { LoadedModel } from '../../../shared/scoring/load-model.ts';
import { ModelPool } from '../../../shared/scoring/model-pool.ts';
import { Serving } from '../../../shared/scoring/serving.ts';
import { loadedModel } from '../../fixtures/loaded-model.ts';
import { promotedRow, trafficRow } from '../../fixtures/traffic-row.ts';

describe('Serving', () => {
  let champion: string;
  let now: number;
  let loading: Map<string, PromiseWithResolvers<LoadedModel>>;
  let serving: Serving;
  let row: () => TrafficRow;
  let time: number;

  beforeEach(() => {
    champion = '1';
    now = 0;
    time = Date.UTC(2026, 0, 1);
    loading = new Map();
    row = () => trafficRow(champion);
    const read = () => Promise.resolve(row());
    const load = (model: string, version: string) => {
      const pending = Promise.withResolvers<LoadedModel>();
      loading.set(version, pending);
      if (version === '1') pending.resolve(loadedModel(model, version));
      return pending.promise;
    };
    const ignore = () => undefined;
    const [view, pool] = [new TrafficView(read, () => now, ignore), new ModelPool(load, () => now, ignore)];
    serving = new Serving(view, pool, () => time);
  });

  const served = async () => (await serving.champion('cards')).version;

  it('lets the last version answer until the new champion is ready', async () => {
    expect(await served()).toBe('1');
    champion = '2';
    now = 10_000;
    expect(await served()).toBe('1');
    loading.get('2')?.resolve(loadedModel('cards', '2'));
    await new Promise(setImmediate);
    expect(await served()).toBe('2');
  });

  it('keeps the last version where the new champion cannot be loaded, and tries again', async () => {
    expect(await served()).toBe('1');
    champion = '2';
    now = 10_000;
    expect(await served()).toBe('1');
    loading.get('2')?.reject(new Error('tampered'));
    await new Promise(setImmediate);
    expect(await served()).toBe('1');
    loading.delete('2');
    now = 20_000;
    expect(await served()).toBe('1');
    loading.get('2')?.resolve(loadedModel('cards', '2'));
    await new Promise(setImmediate);
    expect(await served()).toBe('2');
  });

  it('serves a pinned version beside the champion', async () => {
    expect(await served()).toBe('1');
    const pinned = serving.pinned('cards', '7');
    await new Promise(setImmediate);
    loading.get('7')?.resolve(loadedModel('cards', '7'));
    expect((await pinned).version).toBe('7');
    expect(await served()).toBe('1');
  });

  it('lets a new champion take over at once that is loaded already, as a canary is', async () => {
    expect(await served()).toBe('1');
    expect(serving.candidate('cards', '2')).toBeUndefined();
    loading.get('2')?.resolve(loadedModel('cards', '2'));
    await new Promise(setImmediate);
    champion = '2';
    now = 10_000;
    expect(await served()).toBe('2');
  });

  it('knows a promotion until its claim ends, and without anybody having cleaned up no longer', async () => {
    expect(serving.promotion('cards')).toBeUndefined();
    row = () => promotedRow(25, { validUntil: '2026-01-01T00:00:10.000Z' });
    await served();
    expect(serving.promotion('cards')).toMatchObject({
      promotionId: 'promotion-1',
      candidate: '2',
      canaryBuckets: 2_500,
    });
    time += 9_999;
    expect(serving.promotion('cards')).toBeDefined();
    time += 1;
    expect(serving.promotion('cards')).toBeUndefined();
  });

  it('keeps the champion before the present one loaded while the claim of the promotion lasts', async () => {
    const done = promotedRow(0);
    row = () => ({
      ...done,
      champion: { version: '2' },
      previousChampion: { version: '1', promotionId: 'promotion-1' },
    });
    const first = served();
    await new Promise(setImmediate);
    loading.get('2')?.resolve(loadedModel('cards', '2'));
    expect(await first).toBe('2');
    expect(loading.has('1')).toBe(false);
    expect(serving.promotion('cards')).toMatchObject({ canaryBuckets: 0, shadow: false });
    expect(loading.has('1')).toBe(true);
  });
});
