import type { App } from '../shared/app.ts';
import { ingestEvents } from '../shared/lineage/events.ts';
import type { DatasetOrigin } from '../shared/registry/rows.ts';
import { type StoredDataset, storeRows } from '../shared/training/dataset-store.ts';
import type { StagedRows } from '../shared/training/stage-rows.ts';

/**
 * Keeps staged rows as a data set version, with its lineage, or finds the version that holds the very same rows. Done
 * again after it was cut off, it completes what is missing.
 * @param data.rows gives the bytes that were staged, from their start, each time
 * @param data.source where the rows came from, for the auditor
 */
export async function keepRows(
  app: Pick<App, 'registry' | 'datasets' | 'lineage'>,
  data: {
    readonly model: string;
    readonly staged: StagedRows;
    readonly rows: () => AsyncIterable<Uint8Array>;
    readonly source: string;
    readonly origin?: DatasetOrigin;
    readonly at: Date;
  },
): Promise<StoredDataset> {
  const stored = await storeRows(app.registry, app.datasets, data);
  await app.lineage.record(data.model, ingestEvents(stored.row));
  return stored;
}
