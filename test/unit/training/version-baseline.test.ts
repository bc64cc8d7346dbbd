import { beforeAll, describe, expect, it } from 'vitest';
import { readBaseline } from '../../../shared/drift/baseline.ts';
import { Registry } from '../../../shared/registry/registry.ts';
import { registerVersion } from '../../../shared/training/register-version.ts';
import type { TrainedModel } from '../../../shared/training/train-model.ts';
import { Baselines } from '../../../shared/training/version-baseline.ts';
import { MemoryRegistry } from '../../fixtures/memory-registry.ts';
import { AT, MODEL, parcelFacts, parcels, trainParcels } from '../../fixtures/parcels.ts';
import { storeDataset, withLarge } from '../../fixtures/stored-rows.ts';

const csv = Buffer.from(
  [
    'weight,late',
    ...Array.from({ length: 500 }, (_, i) => `${(i * 37) % 101},${(i * 53) % 101 > (i * 37) % 101 ? 1 : 0}`),
  ].join('\n'),
);

let trained: TrainedModel;
beforeAll(async () => {
  trained = await trainParcels(parcels(), csv, { by: 'modulo', divisor: 5, remainder: 4 });
});

/** A registered version: as of this release, or as of one that knew no baselines. */
async function registered(old: boolean, withData = true) {
  const memory = new MemoryRegistry();
  const registry = new Registry(memory.documents, memory.blobs);
  const datasets = withLarge(memory.blobs);
  if (withData)
    await storeDataset(registry, datasets, { model: MODEL, bytes: csv, rows: 500, source: 'a test', at: AT });
  const files = new Map(trained.files);
  if (old) files.delete('baseline.json');
  await registerVersion(registry, memory.blobs, { ...trained, files }, parcelFacts('r'), AT);
  const reports: string[] = [];
  const parts = {
    registry,
    models: memory.blobs,
    datasets,
    report: (message: string) => void reports.push(message),
  };
  return { memory, reports, baselines: () => new Baselines(parts) };
}

describe("a version's baseline", () => {
  it('is in its folder, of the rows it was trained on and the scores of those it was not', async () => {
    const { baselines, memory } = await registered(false);
    const baseline = await baselines().of(MODEL, '1');
    expect(baseline).toEqual(readBaseline(memory.files.get('parcels/1/baseline.json')!));
    const rows = baseline?.reference.columns.map(({ counts }) =>
      counts.reduce((sum, count) => sum + count, 0),
    );
    expect(rows).toEqual([400, 400, 100, 100, 100, 400]);
  });

  it('is made from the recorded data for a version that is older than baselines, and kept beside its folder', async () => {
    const { baselines, memory } = await registered(true);
    const made = await baselines().of(MODEL, '1');
    expect(made).toEqual(readBaseline(trained.files.get('baseline.json')!));
    expect([...memory.files.keys()].filter((path) => path.includes('baseline'))).toEqual([
      'parcels/baselines/1.json',
    ]);
    for (const path of memory.files.keys()) if (path.endsWith('.csv')) memory.files.delete(path);
    expect(await baselines().of(MODEL, '1')).toEqual(made);
  });

  it('is none where the data are gone, which is told, or where nobody registered the version', async () => {
    const { baselines, reports } = await registered(true, false);
    expect(await baselines().of(MODEL, '1')).toBeUndefined();
    expect(reports).toHaveLength(1);
    expect(reports[0]).toContain("Version 1 of 'parcels' gets no baseline: no data with SHA-256");
    expect(await baselines().of(MODEL, '2')).toBeUndefined();
  });

  it('is refused where it is not the registered one', async () => {
    const { baselines, memory } = await registered(false);
    memory.files.set('parcels/1/baseline.json', Buffer.from('{}'));
    await expect(baselines().of(MODEL, '1')).rejects.toThrow('SHA-256');
  });

  it('is asked for again after storage did not answer', async () => {
    const { baselines, memory } = await registered(false);
    const asked = baselines();
    memory.before = () => {
      throw new Error('Blob is down');
    };
    await expect(asked.of(MODEL, '1')).rejects.toThrow('down');
    memory.before = () => undefined;
    expect(await asked.of(MODEL, '1')).toBeDefined();
  });
});
