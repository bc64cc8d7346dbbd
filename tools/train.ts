import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { compileContract } from '../shared/features/compile.ts';
import { sha256 } from '../shared/onnx/verify-model.ts';
import { boostingParamsSchema } from '../shared/training/boosting-params.ts';
import { newestDataset, readDataset, storeDataset } from '../shared/training/dataset-store.ts';
import { defaultHoldOut, type HoldOut, parseHoldOut } from '../shared/training/hold-out.ts';
import { readLabelledRows } from '../shared/training/labelled-rows.ts';
import { registerVersion } from '../shared/training/register-version.ts';
import { trainModel } from '../shared/training/train-model.ts';
import type { App } from '../shared/app.ts';
import { commandLine, parsedBy, run, wholeNumber } from './command-line.ts';
import { readDefinition } from './model-folders.ts';
import { showProgress } from './progress.ts';
import { connect, stackEndpoints } from './stack-connection.ts';

export interface TrainOptions {
  readonly model: string;
  readonly file?: string;
  readonly learner?: 'gradient_boosting';
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
  const { model } = options;
  const definition = await readDefinition(model);
  const params = boostingParamsSchema.parse({
    ...definition.learner?.params,
    ...options.params,
    seed: options.seed,
  });
  const split = options.split ?? defaultHoldOut(definition);
  const source = await readSource(app, options);
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
    params,
    dataset: {
      sha256: sha256(source.bytes),
      ...(source.version === undefined ? {} : { version: source.version }),
    },
    onProgress: progress.show,
  }).finally(progress.end);
  const result = {
    model,
    learner: 'gradient_boosting',
    rows: data.rows.length,
    metrics: trained.metrics,
    fitSeconds: trained.fitSeconds,
  };
  if (app === undefined || !options.register) return result;
  const at = new Date();
  const datasetVersion =
    source.version ??
    (
      await storeDataset(app.registry, app.datasets, {
        model,
        bytes: source.bytes,
        rows: data.rows.length,
        source: source.name,
        at,
      })
    ).version;
  const facts = {
    model,
    title: definition.title,
    createdBy: { run: app.newId() },
    learner: result.learner,
    params,
    seed: params.seed,
    datasetVersion,
  };
  return { ...result, ...(await registerVersion(app.registry, app.models, trained, facts, at)) };
}

interface Source {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The data set version that holds the rows already. */
  readonly version?: string;
}

async function readSource(app: App | undefined, { model, file }: TrainOptions): Promise<Source> {
  if (file !== undefined) {
    if (!/\.csv(\.gz)?$/.test(file)) throw new Error(`${file} is neither .csv nor .csv.gz`);
    const bytes = await readFile(file);
    return { name: basename(file), bytes: file.endsWith('.gz') ? gunzipSync(bytes) : bytes };
  }
  const dataset = app === undefined ? undefined : await newestDataset(app.registry, model);
  if (app === undefined || dataset === undefined) {
    throw new Error(`'${model}' has no data set version yet: name a file with --file`);
  }
  return {
    name: `data set version ${dataset.version}`,
    bytes: await readDataset(app.datasets, dataset),
    version: dataset.version,
  };
}

if (import.meta.main) {
  const command = commandLine('train', 'Trains a model and registers it as a new version.')
    .requiredOption('--model <name>', 'the model: a folder of models/')
    .option('--file <path>', 'a .csv or .csv.gz file (default: the newest data set version)')
    .option('--learner <name>', 'gradient_boosting', parsedBy(oneLearner), 'gradient_boosting')
    .option('--params <json>', 'parameters of the learner, as JSON', parsedBy(parseParams))
    .option(
      '--split <how>',
      'modulo:k:r, column:name or temporal:share: which rows are held out',
      parsedBy(parseHoldOut),
    )
    .option('--seed <n>', 'seed of everything that is random', wholeNumber(0), 0)
    .option('--no-register', 'train and measure only')
    .action(async (options: TrainOptions) => {
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
  boostingParamsSchema.parse(value);
  return value;
}

function oneLearner(text: string): string {
  if (text !== 'gradient_boosting') throw new Error(`There is no learner '${text}': use gradient_boosting.`);
  return text;
}
