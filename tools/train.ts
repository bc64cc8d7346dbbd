import { Readable } from 'node:stream';
import { messageOf } from '../shared/failure.ts';
import { compileContract } from '../shared/features/compile.ts';
import type { ModelDefinition } from '../shared/features/definition.ts';
import { ingestEvents, trainingCompleted, trainingEnded, trainingStarted } from '../shared/lineage/events.ts';
import { sha256 } from '../shared/onnx/verify-model.ts';
import type { DatasetOrigin, DatasetRow } from '../shared/registry/rows.ts';
import { newestDataset, readDataset, storeRows } from '../shared/training/dataset-store.ts';
import { defaultHoldOut, formatHoldOut, type HoldOut, parseHoldOut } from '../shared/training/hold-out.ts';
import { readLabelledRows } from '../shared/training/labelled-rows.ts';
import { type LearnerName, learnerNameSchema, type LearnerParams } from '../shared/training/learner.ts';
import { learnerOf } from '../shared/training/learners.ts';
import { registerVersion } from '../shared/training/register-version.ts';
import { trainModel } from '../shared/training/train-model.ts';
import type { StagedRows } from '../shared/training/stage-rows.ts';
import type { App } from '../shared/app.ts';
import { commandLine, parsedBy, run, wholeNumber } from './command-line.ts';
import { readDefinition, readSuite } from './model-folders.ts';
import { showProgress } from './progress.ts';
import { sourceFault } from './row-files/open-rows.ts';
import { describeOrigin, withStagedFile } from './stage-file.ts';
import { connect, stackEndpoints } from './stack-connection.ts';

export interface TrainOptions {
  readonly model: string;
  readonly file?: string;
  readonly sha256?: string;
  readonly member?: string;
  readonly learner?: LearnerName;
  readonly params?: object;
  readonly split?: HoldOut;
  readonly seed: number;
  readonly register: boolean;
}

export interface TrainResult {
  readonly model: string;
  readonly version?: string;
  readonly state?: string;
  readonly learner: string;
  readonly rows: number;
  readonly metrics: object;
  readonly fitSeconds: number;
}

/**
 * Trains a model on a file or on its newest data set version, and registers it.
 * @param app the stack's services; undefined where nothing is read from or written to them
 */
export async function train(app: App | undefined, options: TrainOptions): Promise<TrainResult> {
  const { model, seed } = options;
  const definition = await readDefinition(model);
  const { learner, params } = chosenFit(definition, options);
  const split = options.split ?? defaultHoldOut(definition);
  // A run without either is what `npm start` makes its first version with, where every second counts.
  const calibrated = options.learner !== undefined || options.params !== undefined;
  const chosen = { ...options, learner, params, split, calibrated };
  if (app === undefined || !options.register) return (await fitOnce(app, definition, chosen)).result;
  const training = { model, runId: app.newId(), learner, params, seed, split: formatHoldOut(split) };
  const startedAt = new Date();
  await app.lineage.record(model, [trainingStarted(training, startedAt)]);
  const { result, ingested } = await fitOnce(app, definition, { ...chosen, runId: training.runId }).catch(
    async (error: unknown) => {
      const ended = trainingEnded(training, 'FAIL', messageOf(error), new Date());
      await app.lineage.record(model, [ended]).catch((failure: unknown) => {
        throw new AggregateError([error, failure], `${messageOf(error)} (and that could not be recorded)`);
      });
      throw error;
    },
  );
  if (ingested !== undefined)
    await app.lineage.record(model, ingestEvents(ingested, app.newId(), startedAt, new Date()));
  const version =
    result.version === undefined ? undefined : await app.registry.version(model, result.version);
  if (version !== undefined) {
    const dataset = await app.registry.dataset(model, version.datasetVersion);
    const made = { version, datasets: dataset === undefined ? [] : [dataset] };
    await app.lineage.record(model, [trainingCompleted(training, made, new Date())]);
  }
  return result;
}

/** A fit whose learner, parameters and split are chosen. */
interface ChosenFit extends TrainOptions {
  readonly learner: LearnerName;
  readonly params: LearnerParams;
  readonly split: HoldOut;
  readonly calibrated: boolean;
  /** Of a run that registers what it fits. */
  readonly runId?: string;
}

interface Fitted {
  readonly result: TrainResult;
  /** The data set version that was made of the file. */
  readonly ingested?: DatasetRow;
}

async function fitOnce(
  app: App | undefined,
  definition: ModelDefinition,
  options: ChosenFit,
): Promise<Fitted> {
  const { model, learner, params, split, calibrated, runId } = options;
  const source = await readSource(app, definition, options);
  const data = readLabelledRows(
    compileContract(definition),
    source.bytes,
    definition.defaultFile?.delimiter ?? ',',
    split.by === 'column' ? split.column : undefined,
  );
  console.error(`Read ${data.rows.length} rows of '${model}' from ${source.name}`);
  const progress = showProgress();
  const trained = await trainModel({
    definition,
    data,
    split,
    learner,
    params,
    seed: options.seed,
    calibrated,
    dataset: {
      sha256: sha256(source.bytes),
      ...(source.version === undefined ? {} : { version: source.version }),
    },
    onProgress: progress.show,
  }).finally(progress.end);
  const result = {
    model,
    learner,
    rows: data.rows.length,
    metrics: trained.metrics,
    fitSeconds: trained.fitSeconds,
  };
  if (app === undefined || runId === undefined) return { result };
  const at = new Date();
  const { datasetVersion, ingested } = await keepRows(app, model, source, at);
  const facts = {
    model,
    title: definition.title,
    createdBy: { run: runId },
    learner: result.learner,
    params: trained.params,
    seed: options.seed,
    datasetVersion,
  };
  const registered = await registerVersion(app.registry, app.models, trained, facts, at);
  return {
    result: { ...result, ...registered },
    ...(ingested === undefined ? {} : { ingested }),
  };
}

/** The data set version of the rows, which is made where they come from a file and none has them. */
async function keepRows(
  app: App,
  model: string,
  source: Source,
  at: Date,
): Promise<{ datasetVersion: string; ingested?: DatasetRow }> {
  if (source.version !== undefined) return { datasetVersion: source.version };
  const { row, existing } = await storeRows(app.registry, app.datasets, {
    model,
    staged: source.staged,
    rows: () => Readable.from([source.bytes]),
    source: source.name,
    origin: source.origin,
    at,
  });
  return { datasetVersion: row.version, ...(existing ? {} : { ingested: row }) };
}

/** The model folder's learner and parameters, and what the command line says instead. */
function chosenFit(
  definition: ModelDefinition,
  options: Pick<TrainOptions, 'learner' | 'params'>,
): { readonly learner: LearnerName; readonly params: LearnerParams } {
  const own = definition.learner;
  const learner = options.learner ?? own?.learner ?? 'gradient_boosting';
  // Another learner has other parameters.
  const params = { ...(own?.learner === learner ? own.params : {}), ...options.params };
  return { learner, params: learnerOf(learner).parseParams(params) };
}

/** Rows in the form in which a data set version holds them: one that is there already, or one that may become one. */
type Source = { readonly name: string; readonly bytes: Uint8Array } & (
  | { readonly version: string }
  | { readonly version?: never; readonly staged: StagedRows; readonly origin: DatasetOrigin }
);

async function readSource(
  app: App | undefined,
  definition: ModelDefinition,
  options: TrainOptions,
): Promise<Source> {
  const { model, file, register } = options;
  if (file !== undefined) {
    const source = { ...options, file };
    const progress = showProgress();
    return withStagedFile(source, definition, await readSuite(model), progress.show, async (staging) => {
      const { staged, origin } = staging;
      checkExpectations(staged.facts, register);
      return { name: describeOrigin(origin), bytes: await staging.readWhole(), staged, origin };
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
    version: dataset.version,
  };
}

/** @throws Error where a version is to be registered from rows that don't meet the model's expectations */
function checkExpectations({ expectations }: Pick<DatasetRow, 'expectations'>, register: boolean): void {
  if (expectations === undefined || expectations.success) return;
  const failures = expectations.failed.map((failure) => `\n  - ${failure}`).join('');
  const message = `The rows do not meet the expectations of '${expectations.suite}':${failures}`;
  if (register) throw new Error(`${message}\nNothing was trained; --no-register trains all the same`);
  console.error(message);
}

if (import.meta.main) {
  const command = commandLine('train', 'Trains a model and registers it as a new version.')
    .requiredOption('--model <name>', 'the model: a folder of models/')
    .option(
      '--file <path>',
      'what ingest takes: .csv, .parquet, .jsonl … (default: the newest data set version)',
    )
    .option('--sha256 <hex>', "the file's SHA-256; an address needs it")
    .option('--member <name>', 'of a zip, the file that holds the rows')
    .option('--learner <name>', learnerNameSchema.options.join(', '), parsedBy(oneLearner))
    .option('--params <json>', 'parameters of the learner, as JSON', parsedBy(parseParams))
    .option(
      '--split <how>',
      'modulo:k:r, column:name or temporal:share: which rows are held out',
      parsedBy(parseHoldOut),
    )
    .option('--seed <n>', 'seed of everything that is random', wholeNumber(0), 0)
    .option('--no-register', 'train and measure only')
    .action(async (options: TrainOptions) => {
      const fault = options.file === undefined ? undefined : sourceFault({ ...options, file: options.file });
      if (fault !== undefined) command.error(`error: ${fault}`);
      const needsStack = options.register || options.file === undefined;
      const app = needsStack ? await connect(await stackEndpoints(), options.model) : undefined;
      console.log(JSON.stringify(await train(app, options)));
    });
  await run(command);
}

function parseParams(text: string): object {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('It has to be a JSON object.');
  return value;
}

function oneLearner(text: string): LearnerName {
  const found = learnerNameSchema.safeParse(text);
  if (found.success) return found.data;
  throw new Error(`There is no learner '${text}': use one of ${learnerNameSchema.options.join(', ')}.`);
}
