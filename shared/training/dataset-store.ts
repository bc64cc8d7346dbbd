import { sha256 } from '../onnx/verify-model.ts';
import type { Blobs } from '../registry/ports.ts';
import type { Registry } from '../registry/registry.ts';
import type { DatasetRow } from '../registry/rows.ts';

/** Where a data set version's rows lie in the `datasets` container. */
export function datasetPath(model: string, version: string, file: string): string {
  return `${model}/${version}/${file}`;
}

const FILE = 'rows.csv';

/** The newest data set version of a model. */
export async function newestDataset(registry: Registry, model: string): Promise<DatasetRow | undefined> {
  return (await registry.datasets(model, 1)).items[0];
}

/**
 * Stores rows as a data set version, or finds the version that holds the very same bytes.
 * @param source where the rows came from, for the auditor
 */
export async function storeDataset(
  registry: Registry,
  datasets: Blobs,
  data: {
    readonly model: string;
    readonly bytes: Uint8Array;
    readonly rows: number;
    readonly source: string;
    readonly at: Date;
  },
): Promise<DatasetRow> {
  const { model, bytes } = data;
  const digest = sha256(bytes);
  const { items } = await registry.datasets(model, 200);
  const same = items.find((row) => row.file.sha256 === digest);
  if (same !== undefined) return same;
  for (let number = (items[0]?.number ?? 0) + 1; ; number++) {
    const version = String(number);
    // The blob claims the number: a version that another process is adding now makes this one take the next.
    if (!(await datasets.create(datasetPath(model, version, FILE), bytes))) continue;
    const row: DatasetRow = {
      kind: 'dataset',
      model,
      version,
      number,
      createdAt: data.at.toISOString(),
      source: data.source,
      format: 'csv',
      rows: data.rows,
      file: { name: FILE, sha256: digest, bytes: bytes.byteLength },
    };
    if (await registry.addDataset(row)) return row;
  }
}

/** The rows of a data set version. @throws Error where they are missing or not those that were stored */
export async function readDataset(datasets: Blobs, row: DatasetRow): Promise<Uint8Array> {
  const path = datasetPath(row.model, row.version, row.file.name);
  const bytes = await datasets.read(path);
  if (bytes === undefined) throw new Error(`The data set ${path} is missing`);
  if (sha256(bytes) !== row.file.sha256)
    throw new Error(`The data set ${path} is not the one that was stored`);
  return bytes;
}
