import { beforeEach, describe, expect, it } from 'vitest';
import type { TrafficRow } from '../../../shared/registry/rows.ts';
import { TrafficView } from '../../../shared/registry/traffic-view.ts';
import type { LoadedModel } from '../../../shared/scoring/load-model.ts';
import { ModelPool } from '../../../shared/scoring/model-pool.ts';
import { Serving } from '../../../shared/scoring/serving.ts';
import { loadedModel } from '../../fixtures/loaded-model.ts';

describe('Serving', () => {
  let champion: string;
  let now: number;
  let loading: Map<string, PromiseWithResolvers<LoadedModel>>;
  let serving: Serving;

  beforeEach(() => {
    champion = '1';
    now = 0;
    loading = new Map();
    const read = (model: string): Promise<TrafficRow> =>
      Promise.resolve({
        kind: 'traffic',
        model,
        epoch: 1,
        champion: { version: champion },
        canary: null,
        shadow: null,
        changedAt: '2026-01-01T00:00:00.000Z',
        changedBy: 'test',
      });
    const load = (model: string, version: string) => {
      const pending = Promise.withResolvers<LoadedModel>();
      loading.set(version, pending);
      if (version === '1') pending.resolve(loadedModel(model, version));
      return pending.promise;
    };
    const ignore = () => undefined;
    serving = new Serving(new TrafficView(read, () => now, ignore), new ModelPool(load, () => now, ignore));
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
});
