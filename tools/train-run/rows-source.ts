import { Readable } from 'node:stream';
import type { App } from '../../shared/app.ts';
import type { ModelDefinition } from '../../shared/features/definition.ts';
import type { DatasetOrigin, DatasetRow } from '../../shared/registry/rows.ts';
import { newestDataset, readDataset } from '../../shared/training/dataset-store.ts';
import type { FitProgress } from '../../shared/training/learner.ts';
import type { StagedRows } from '../../shared/training/stage-rows.ts';
import { keepRows } from '../keep-rows.ts';
import { readSuite } from '../model-folders.ts';
import { showProgress } from '../progress.ts';
import { describeOrigin, withStagedFile } from '../stage-file.ts';
import type { TrainOptions } from './options.ts';

/** Rows in the form in which a data set version holds them: one that is there already, or one that may become one. */
export type Source = { readonly name: string; readonly bytes: Uint8Array; readonly delimiter: string } & (
  | { readonly dataset: DatasetRow }
  | { readonly dataset?: never; readonly staged: StagedRows; readonly origin: DatasetOrigin }
);

/**
 * The rows to train on: the file's, or those of the newest data set version.
 * @param signal ends the reading of a file
 * @throws Error where there are none, or a version is to be registered from rows that miss the model's expectations
 */
export async function readSource(
  app: App | undefined,
  definition: ModelDefinition,
  options: TrainOptions,
  signal: AbortSignal | undefined,
): Promise<Source> {
  const { model, file, register } = options;
  const delimiter = definition.defaultFile?.delimiter ?? ',';
  if (file !== undefined) {
    const source = { ...options, file };
    const progress = showProgress();
    const onProgress: FitProgress = (...stage) => {
      signal?.throwIfAborted();
      progress.show(...stage);
    };
    return withStagedFile(source, definition, await readSuite(model), onProgress, async (staging) => {
      const { staged, origin } = staging;
      checkExpectations(staged.facts, register);
      return { name: describeOrigin(origin), bytes: await staging.readWhole(), delimiter, staged, origin };
    }).finally(progress.end);
  }
  const dataset = app === undefined ? undefined : await newestDataset(app.registry, model);
  if (app === undefined || dataset === undefined) {
    throw new Error(`'${model}' has no data set version yet: name a file with --file`);
  }
  checkExpectations(dataset, register);
  return {
    name: `data set version ${dataset.version}`,
    bytes: await readDataset(app.datasets, dataset),
    delimiter: dataset.delimiter ?? delimiter,
    dataset,
  };
}

/** The data set version of the rows, which is made where they come from a file and none has them. */
export async function datasetOf(app: App, model: string, source: Source, at: Date): Promise<DatasetRow> {
  if (source.dataset !== undefined) return source.dataset;
  const { staged, origin, name, bytes } = source;
  const rows = () => Readable.from([bytes]);
  return (await keepRows(app, { model, staged, rows, source: name, origin, at })).row;
}

function checkExpectations({ expectations }: Pick<DatasetRow, 'expectations'>, register: boolean): void {
  if (expectations === undefined || expectations.success) return;
  const failures = expectations.failed.map((failure) => `\n  - ${failure}`).join('');
  const message = `The rows do not meet the expectations of '${expectations.suite}':${failures}`;
  if (register) throw new Error(`${message}\nNothing was trained; --no-register trains all the same`);
  console.error(message);
}
