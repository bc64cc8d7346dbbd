import { sha256 } from '../onnx/verify-model.ts';
import type { Blobs, LargeBlobs } from '../registry/ports.ts';
import type { Registry } from '../registry/registry.ts';
import type { DatasetOrigin, DatasetRow } from '../registry/rows.ts';
import type { StagedRows } from './stage-rows.ts';

/** Where a data set version's rows lie in the `datasets` container. */
export function datasetPath(model: string, version: string, file: string): string {
  return `${model}/${version}/${file}`;
}

const FILE = 'rows.csv';
/** What the registry's row says too: from it the registry can be rebuilt. */
const FACTS_FILE = 'dataset.json';
const REPORT_FILE = 'expectations.json';
const PAGE = 200;

/** The newest data set version of a model. */
export async function newestDataset(registry: Registry, model: string): Promise<DatasetRow | undefined> {
  return (await registry.datasets(model, 1)).items[0];
}

/** A data set version, and whether it was there before. */
export interface StoredDataset {
  readonly row: DatasetRow;
  readonly existing: boolean;
}

/**
 * Stores staged rows as a data set version, or finds the version that holds the very same rows.
 * @param data.rows gives the bytes that were staged, from their start, each time
 * @param data.source where the rows came from, for the auditor
 */
export async function storeRows(
  registry: Registry,
  datasets: Blobs & LargeBlobs,
  data: {
    readonly model: string;
    readonly staged: StagedRows;
    readonly rows: () => AsyncIterable<Uint8Array>;
    readonly source: string;
    readonly origin?: DatasetOrigin;
    readonly at: Date;
  },
): Promise<StoredDataset> {
  const { model, staged, source, origin } = data;
  const { same, newest } = await findSame(registry, model, staged.sha256);
  if (same !== undefined) return { row: same, existing: true };
  for (let number = newest + 1; ; number++) {
    const version = String(number);
    const put = async (file: string, value: object) =>
      datasets.create(datasetPath(model, version, file), Buffer.from(`${JSON.stringify(value, null, 2)}\n`));
    // The blob claims the number: a version that another process is adding now makes this one take the next.
    if (!(await datasets.createFrom(datasetPath(model, version, FILE), data.rows()))) continue;
    const row: DatasetRow = {
      kind: 'dataset',
      model,
      version,
      number,
      createdAt: data.at.toISOString(),
      source,
      format: 'csv',
      file: { name: FILE, sha256: staged.sha256, bytes: staged.bytes },
      ...(origin === undefined ? {} : { origin }),
      ...staged.facts,
    };
    await put(FACTS_FILE, row);
    if (staged.report !== undefined) await put(REPORT_FILE, staged.report);
    if (await registry.addDataset(row)) return { row, existing: false };
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

async function findSame(
  registry: Registry,
  model: string,
  digest: string,
): Promise<{ same: DatasetRow | undefined; newest: number }> {
  let newest = 0;
  let after: string | undefined;
  do {
    // In sequence: each page says where the next begins
    const { items, next } = await registry.datasets(model, PAGE, after);
    newest = Math.max(newest, items[0]?.number ?? 0);
    const same = items.find((row) => row.file.sha256 === digest);
    if (same !== undefined) return { same, newest };
    after = next;
  } while (after !== undefined);
  return { same: undefined, newest };
}
