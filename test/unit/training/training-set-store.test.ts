import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../shared/onnx/verify-model.ts';
import {
  datasetRows,
  readTrainingSet,
  storeTrainingSet,
} from '../../../shared/training/training-set-store.ts';
import { MemoryRegistry } from '../../fixtures/memory-registry.ts';
import { AS_OF, Logs, smallModel, TEN } from './logs.ts';

describe('a stored training set', () => {
  it('is the one that was stored first, whatever has come since, and is refused when it was changed', async () => {
    const { blobs, files } = new MemoryRegistry();
    const definition = smallModel();
    const logs = new Logs();
    await logs.label(await logs.predict(TEN, { amount: 1 }), 1);
    const csv = Buffer.from('amount,bad\n7,0\n');
    await blobs.create('cards/3/rows.csv', csv);
    const dataset = await datasetRows(blobs, definition, {
      kind: 'dataset',
      model: 'cards',
      version: '3',
      number: 3,
      createdAt: '2026-03-01T00:00:00Z',
      source: 'x',
      format: 'csv',
      rows: 1,
      file: { name: 'rows.csv', sha256: sha256(csv), bytes: csv.byteLength },
    });
    const request = { definition, datasets: [dataset], predictionsFrom: TEN, asOf: AS_OF };
    const store = () => storeTrainingSet(blobs, logs, 'run-1', request, new Date(AS_OF));
    const manifest = await store();
    expect(manifest).toMatchObject({ rows: 2, positives: 1, datasets: [{ version: '3', used: 1 }] });
    await logs.label(await logs.predict(TEN, { amount: 2 }), 1);
    expect(await store()).toEqual(manifest);
    const stored = await readTrainingSet(blobs, 'cards', 'run-1');
    expect(Buffer.from(stored?.bytes ?? []).toString()).toBe('id,amount,note,bad\n,7,,0\n,1,,1\n');
    expect(stored?.manifest).toEqual(manifest);
    expect(await readTrainingSet(blobs, 'cards', 'run-2')).toBeUndefined();
    const path = `cards/training-sets/run-1/${manifest.file.name}`;
    files.set(path, Buffer.from('id,amount,note,bad\n,7,,0\n,1,,0\n'));
    await expect(readTrainingSet(blobs, 'cards', 'run-1')).rejects.toThrow('not the one that was stored');
  });

  it('of two that are made at once is the same for both', async () => {
    const { blobs } = new MemoryRegistry();
    const definition = smallModel();
    const logs = new Logs();
    await logs.label(await logs.predict(TEN, { amount: 1 }), 1);
    const at = (asOf: number) => {
      const request = { definition, datasets: [], predictionsFrom: TEN, asOf };
      return storeTrainingSet(blobs, logs, 'run-1', request, new Date(asOf));
    };
    const [one, other] = await Promise.all([at(AS_OF), at(AS_OF + 1)]);
    expect(one).toEqual(other);
  });
});
