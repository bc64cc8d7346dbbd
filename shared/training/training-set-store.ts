import { createHash } from 'node:crypto';
import { compileContract } from '../features/compile.ts';
import type { ModelDefinition } from '../features/definition.ts';
import { sha256 } from '../onnx/verify-model.ts';
import type { OutcomeLogs } from '../outcomes/join.ts';
import type { Blobs } from '../registry/ports.ts';
import type { DatasetRow } from '../registry/rows.ts';
import { readDataset } from './dataset-store.ts';
import { readLabelledRows } from './labelled-rows.ts';
import { assembleTrainingSet, type DatasetRows, type TrainingSetRequest } from './training-set.ts';
import { type TrainingSetManifest, trainingSetManifestSchema } from './training-set-manifest.ts';

/**
 * Makes the training set of a run and stores it for good in `datasets`, beside the data set versions:
 * `{model}/training-sets/{id}/manifest.json`, and the rows under the name that the manifest has. Safe to run twice: the
 * first whose manifest is there has made it, and the others get that one.
 * @param id of the run
 * @throws Failure `unavailable`
 */
export async function storeTrainingSet(
  datasets: Blobs,
  logs: OutcomeLogs,
  id: string,
  request: TrainingSetRequest,
  createdAt: Date,
): Promise<TrainingSetManifest> {
  const { model, defaultFile } = request.definition;
  const before = await readManifest(datasets, model, id);
  if (before !== undefined) return before;
  const pieces: Buffer[] = [];
  const hash = createHash('sha256');
  const facts = await assembleTrainingSet(logs, request, (text) => {
    const piece = Buffer.from(text);
    hash.update(piece);
    pieces.push(piece);
  });
  const bytes = Buffer.concat(pieces);
  const digest = hash.digest('hex');
  // Two runs at once may find different labels: each has a file of its own, and the manifest names the one that counts.
  const file = { name: `rows-${digest.slice(0, 16)}.csv`, sha256: digest, bytes: bytes.byteLength };
  await datasets.create(pathOf(model, id, file.name), bytes);
  const manifest: TrainingSetManifest = {
    ...facts,
    createdAt: createdAt.toISOString(),
    delimiter: defaultFile?.delimiter ?? ',',
    file,
  };
  const isFirst = await datasets.create(pathOf(model, id, MANIFEST), Buffer.from(JSON.stringify(manifest)));
  return isFirst ? manifest : ((await readManifest(datasets, model, id)) ?? manifest);
}

/** A stored training set; undefined where the run has none. @throws Error where its rows are not those that were stored */
export async function readTrainingSet(
  datasets: Blobs,
  model: string,
  id: string,
): Promise<{ readonly manifest: TrainingSetManifest; readonly bytes: Uint8Array } | undefined> {
  const manifest = await readManifest(datasets, model, id);
  if (manifest === undefined) return undefined;
  const path = pathOf(model, id, manifest.file.name);
  const bytes = await datasets.read(path);
  if (bytes === undefined) throw new Error(`The training set ${path} is missing`);
  if (sha256(bytes) !== manifest.file.sha256)
    throw new Error(`The training set ${path} is not the one that was stored`);
  return { manifest, bytes };
}

/** The rows of a stored data set version, for a training set. @throws as `readDataset` and `readLabelledRows` */
export async function datasetRows(
  datasets: Blobs,
  definition: ModelDefinition,
  row: DatasetRow,
): Promise<DatasetRows> {
  const bytes = await readDataset(datasets, row);
  const delimiter = row.delimiter ?? definition.defaultFile?.delimiter ?? ',';
  const { rows } = readLabelledRows(compileContract(definition), bytes, delimiter);
  return { version: row.version, sha256: row.file.sha256, rows };
}

const MANIFEST = 'manifest.json';

/** What went into a run's training set; undefined where it has none. @throws Failure `unavailable` */
export async function readManifest(
  datasets: Blobs,
  model: string,
  id: string,
): Promise<TrainingSetManifest | undefined> {
  const bytes = await datasets.read(pathOf(model, id, MANIFEST));
  return bytes && trainingSetManifestSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}

/** Stores what the expectations say of a run's training set; the first report stands. @param report JSON */
export async function storeSuiteReport(
  datasets: Blobs,
  model: string,
  id: string,
  report: string,
): Promise<void> {
  await datasets.create(pathOf(model, id, 'expectations.json'), Buffer.from(report));
}

function pathOf(model: string, id: string, file: string): string {
  return `${model}/training-sets/${id}/${file}`;
}
