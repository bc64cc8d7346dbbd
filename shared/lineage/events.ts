import { createHash } from 'node:crypto';
import type { DatasetRow, VersionRow } from '../registry/rows.ts';
import type { ChosenTrial } from './chosen-trial.ts';
import { collectedInputs, type CollectedRows } from './collected-rows.ts';
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

/** A training run, as far as it is known. */
export interface TrainingRun {
  readonly model: string;
  readonly runId: string;
  readonly seed: number;
  /** With the parameters: once they are chosen. */
  readonly learner?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** How rows are held out. */
  readonly split?: string;
  /** Of a retrain: what started it, and why. */
  readonly trigger?: string;
  readonly reason?: string;
  /** The best one of its search. */
  readonly trial?: ChosenTrial;
}

/** What a run was given. */
export interface TrainingInputs {
  readonly datasets: readonly DatasetRow[];
  /** Where it took in logged predictions, joined with their labels. */
  readonly collected?: CollectedRows | undefined;
}

const NOTHING: TrainingInputs = { datasets: [] };

/** The name of a model's data sets, whose version a facet tells. */
export function datasetName(model: string): string {
  return `datasets/${model}`;
}

export function trainingStarted(run: TrainingRun, at: Date): RunEvent {
  return runEvent({ type: 'START', at, ...trainingPart(run) });
}

/** @param made the version, and what it was made from */
export function trainingCompleted(
  run: TrainingRun,
  made: TrainingInputs & { readonly version: VersionRow },
  at: Date,
): RunEvent {
  return runEvent({
    type: 'COMPLETE',
    at,
    ...trainingPart(run),
    inputs: inputsOf(run.model, made),
    outputs: [modelOf(made.version)],
  });
}

/**
 * @param how `FAIL` where it went wrong, `ABORT` where it was stopped before it was done
 * @param given what it had read by then, and the version where it had registered one
 */
export function trainingEnded(
  run: TrainingRun,
  how: 'FAIL' | 'ABORT',
  message: string,
  at: Date,
  given: TrainingInputs & { readonly version?: VersionRow | undefined } = NOTHING,
): RunEvent {
  const { runFacets, ...rest } = trainingPart(run);
  return runEvent({
    type: how,
    at,
    ...rest,
    runFacets: { ...runFacets, errorMessage: errorFacet(message) },
    inputs: inputsOf(run.model, given),
    outputs: given.version === undefined ? [] : [modelOf(given.version)],
  });
}

/**
 * START and COMPLETE of the run that made a data set version. A function of the row alone, the run's id too: recorded
 * again after a crash they are the same events.
 */
export function ingestEvents(row: DatasetRow): RunEvent[] {
  const runId = ingestRunId(row);
  const at = new Date(row.createdAt);
  const facts = { runId, at, job: `${row.model}.ingest`, inputs: [sourceOf(row)] };
  return [
    runEvent({ type: 'START', ...facts }),
    runEvent({ type: 'COMPLETE', ...facts, outputs: [datasetOf(row)] }),
  ];
}

/** A UUID of version 8 (RFC 9562): the time in front, as in version 7, and a hash of what tells the row from others. */
export function ingestRunId({ model, version, createdAt, file }: DatasetRow): string {
  const time = Date.parse(createdAt).toString(16).padStart(12, '0');
  const hash = createHash('sha256')
    .update(JSON.stringify([model, version, file.sha256]))
    .digest('hex');
  const variant = ((Number.parseInt(hash[3] ?? '0', 16) & 0x3) | 0x8).toString(16);
  const parts = [`8${hash.slice(0, 3)}`, `${variant}${hash.slice(4, 7)}`, hash.slice(7, 19)];
  return [time.slice(0, 8), time.slice(8), ...parts].join('-');
}

function trainingPart({ model, runId, ...facts }: TrainingRun) {
  return {
    runId,
    job: `${model}.train`,
    runFacets: { tollgate_training: ownFacet('TrainingRunFacet', facts) },
  };
}

function inputsOf(model: string, { datasets, collected }: TrainingInputs): LineageDataset[] {
  return [...datasets.map(datasetOf), ...(collected === undefined ? [] : collectedInputs(model, collected))];
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
