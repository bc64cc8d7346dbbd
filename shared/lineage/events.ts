import type { DatasetRow, VersionRow } from '../registry/rows.ts';
import {
  errorFacet,
  type LineageDataset,
  NAMESPACE,
  ownFacet,
  type RunEvent,
  runEvent,
  schemaFacet,
  versionFacet,
} from './run-event.ts';

/** A training run, before anything has come of it. */
export interface TrainingRun {
  readonly model: string;
  readonly runId: string;
  readonly learner: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** How rows are held out. */
  readonly split: string;
}

/** The name of a model's data sets, whose version a facet tells. */
export function datasetName(model: string): string {
  return `datasets/${model}`;
}

export function trainingStarted(run: TrainingRun, at: Date): RunEvent {
  return runEvent({ type: 'START', at, ...trainingPart(run) });
}

/** @param made the version, and the data sets that it was made from */
export function trainingCompleted(
  run: TrainingRun,
  made: { readonly version: VersionRow; readonly datasets: readonly DatasetRow[] },
  at: Date,
): RunEvent {
  const { version, datasets } = made;
  return runEvent({
    type: 'COMPLETE',
    at,
    ...trainingPart(run),
    inputs: datasets.map(datasetOf),
    outputs: [modelOf(version)],
  });
}

/** @param how `FAIL` where it went wrong, `ABORT` where somebody stopped it */
export function trainingEnded(run: TrainingRun, how: 'FAIL' | 'ABORT', message: string, at: Date): RunEvent {
  const { runFacets, ...rest } = trainingPart(run);
  return runEvent({
    type: how,
    at,
    ...rest,
    runFacets: { ...runFacets, errorMessage: errorFacet(message) },
  });
}

/** START and COMPLETE of the run that made a data set version. */
export function ingestEvents(row: DatasetRow, runId: string, startedAt: Date, at: Date): RunEvent[] {
  const facts = { runId, job: `${row.model}.ingest`, inputs: [sourceOf(row)] };
  return [
    runEvent({ type: 'START', at: startedAt, ...facts }),
    runEvent({ type: 'COMPLETE', at, ...facts, outputs: [datasetOf(row)] }),
  ];
}

function trainingPart({ model, runId, learner, params, seed, split }: TrainingRun) {
  return {
    runId,
    job: `${model}.train`,
    runFacets: { tollgate_training: ownFacet('TrainingRunFacet', { learner, params, seed, split }) },
  };
}

function datasetOf(row: DatasetRow): LineageDataset {
  const { model, version, columns, file, rows, labelRate, timeSpan } = row;
  return {
    namespace: NAMESPACE,
    name: datasetName(model),
    facets: {
      version: versionFacet(version),
      ...(columns === undefined ? {} : { schema: schemaFacet(columns) }),
      tollgate_rows: ownFacet('RowsDatasetFacet', { sha256: file.sha256, rows, labelRate, timeSpan }),
    },
  };
}

function modelOf({ model, version, state, metrics, files }: VersionRow): LineageDataset {
  return {
    namespace: NAMESPACE,
    name: `models/${model}`,
    facets: {
      version: versionFacet(version),
      tollgate_model: ownFacet('ModelDatasetFacet', {
        state,
        metrics,
        files: files.map(({ name, sha256 }) => ({ name, sha256 })),
      }),
    },
  };
}

/** Where the rows came from, by OpenLineage's naming of files and addresses. */
function sourceOf({ source, origin }: DatasetRow): LineageDataset {
  if (origin === undefined) return { namespace: NAMESPACE, name: source };
  const { url, file, member, sha256, bytes, format } = origin;
  const address = url === undefined ? undefined : new URL(url);
  return {
    namespace: address?.origin ?? 'file',
    name: address?.pathname ?? file,
    facets: { tollgate_file: ownFacet('FileDatasetFacet', { sha256, bytes, format, member }) },
  };
}
