import type { ModelDefinition } from '../features/definition.ts';
import type { DatasetRow } from '../registry/rows.ts';
import { readVersionDefinition } from './model-definition-file.ts';
import { type RetrainParts, RunEnd } from './retrain-parts.ts';
import type { RunRow } from './run-record.ts';
import { readTrainingSet } from './training-set-store.ts';

const PAGE = 200;

/** The definition that the run trains by. */
export async function definitionOf(
  { registry, models }: RetrainParts,
  row: RunRow,
): Promise<ModelDefinition> {
  const version = await registry.version(row.model, row.definitionOf);
  if (version === undefined) throw new RunEnd('failed', `Version ${row.definitionOf} is not registered`);
  return readVersionDefinition(models, version);
}

/** The rows that the run has assembled. */
export async function trainingSetOf({ datasets }: RetrainParts, row: RunRow) {
  const found = await readTrainingSet(datasets, row.model, row.runId);
  if (found === undefined) throw new RunEnd('failed', 'The training set is missing');
  return found;
}

/** @throws RunEnd where there is no such version */
export async function datasetOf(
  { registry }: Pick<RetrainParts, 'registry'>,
  model: string,
  version: string,
): Promise<DatasetRow> {
  const row = await registry.dataset(model, version);
  if (row === undefined) throw new RunEnd('failed', `Data set version ${version} is not registered`);
  return row;
}

/** Every data set version of a model, newest first. */
export async function allDatasets({ registry }: RetrainParts, model: string): Promise<DatasetRow[]> {
  const all: DatasetRow[] = [];
  let after: string | undefined;
  do {
    // In sequence: each page says where the next begins
    const { items, next } = await registry.datasets(model, PAGE, after);
    all.push(...items);
    after = next;
  } while (after !== undefined);
  return all;
}

/** @throws RunEnd `skipped` where the newest version knew nearly all the rows */
export async function needNewRows(
  parts: RetrainParts,
  row: RunRow,
  definition: ModelDefinition,
): Promise<void> {
  const [newest] = (await parts.registry.versions(row.model, 1)).items;
  if (newest === undefined) return;
  const { manifest } = await trainingSetOf(parts, row);
  const before = await readTrainingSet(parts.datasets, row.model, newest.createdBy.run);
  const added = manifest.datasets.filter(({ version }) => Number(version) > Number(newest.datasetVersion));
  const ingested = added.reduce((sum, { used }) => sum + used, 0);
  const collected = usedOf(manifest) - (before === undefined ? 0 : usedOf(before.manifest));
  const found = ingested + Math.max(0, collected);
  const needed = definition.retrain?.minNewRows ?? MIN_NEW_ROWS;
  if (found < needed)
    throw new RunEnd(
      'skipped',
      `Only ${found} labelled rows are new since version ${newest.version}: a scheduled retrain needs ${needed}`,
    );
}

/** The definition's own default, where it says nothing of retrains. */
const MIN_NEW_ROWS = 200;

function usedOf({
  predictions,
}: {
  readonly predictions?: { readonly total: { readonly used: number } } | undefined;
}) {
  return predictions?.total.used ?? 0;
}
