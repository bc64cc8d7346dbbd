import type { App } from '../shared/app.ts';
import type { ModelDefinition } from '../shared/features/definition.ts';
import { defaultHoldOut, formatHoldOut, parseHoldOut } from '../shared/training/hold-out.ts';
import { learnerNameSchema } from '../shared/training/learner.ts';
import { commandLine, parsedBy, run, wholeNumber } from './command-line.ts';
import { readDefinition } from './model-folders.ts';
import { paramsFault } from './params-fault.ts';
import { sourceFault } from './row-files/open-rows.ts';
import { connect, stackEndpoints } from './stack-connection.ts';
import { fitOnce } from './train-run/fit-once.ts';
import { Interrupted, untilInterrupted } from './train-run/interruption.ts';
import type { MadeVersion } from './train-run/made-version.ts';
import { registerOnRecord } from './train-run/on-record.ts';
import {
  chosenFit,
  oneLearner,
  parseParams,
  type TrainOptions,
  type TrainResult,
} from './train-run/options.ts';
import { searchModel } from './train-run/search-model.ts';
import { verdictLines, verdictsOf } from './train-run/verdict-lines.ts';

/**
 * Trains a model on a file or on its newest data set version, and registers it: the best of the model's search, judged
 * by its gates, or with a learner or parameters what is fitted once.
 * @param app the stack's services; undefined where nothing is read from or written to them
 * @param signal ends it: nothing is registered then
 */
export async function train(
  app: App | undefined,
  options: TrainOptions,
  signal?: AbortSignal,
): Promise<TrainResult> {
  const isOne = options.learner !== undefined || options.params !== undefined;
  return isOne ? trainOnce(app, options, signal) : trainBy(searchModel, app, options, signal);
}

/** As `train`, fitted once, by the model folder's learner and parameters where the options name none. */
export async function trainOnce(
  app: App | undefined,
  options: TrainOptions,
  signal?: AbortSignal,
): Promise<TrainResult> {
  return trainBy(fitOnce, app, options, signal);
}

type Make = (
  app: App | undefined,
  definition: ModelDefinition,
  options: TrainOptions,
  signal: AbortSignal | undefined,
) => Promise<MadeVersion>;

async function trainBy(
  make: Make,
  app: App | undefined,
  options: TrainOptions,
  signal: AbortSignal | undefined,
): Promise<TrainResult> {
  const { model, seed } = options;
  const definition = await readDefinition(model);
  const split = formatHoldOut(options.split ?? defaultHoldOut(definition));
  const making = async () => make(app, definition, options, signal);
  if (app === undefined || !options.register) return resultOf(model, await making());
  const choice = make === fitOnce ? chosenFit(definition, options) : {};
  const { made, row } = await registerOnRecord(
    app,
    definition,
    { model, runId: app.newId(), seed, split, ...choice },
    making,
    signal,
  );
  const serves = (await app.registry.traffic(model))?.row.champion.version === row.version;
  const { version, reason } = row;
  const state = serves ? 'champion' : row.state;
  return { ...resultOf(model, made), version, state, ...(reason === undefined ? {} : { reason }) };
}

function resultOf(model: string, made: MadeVersion): TrainResult {
  const { learner, params, count, metrics, fitSeconds, trials, gates } = made;
  for (const line of verdictLines(gates)) console.error(line);
  const fits = trials === undefined ? {} : { fits: trials.length };
  return { model, learner, params, rows: count, metrics, fitSeconds, ...fits, gates: verdictsOf(gates) };
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
    .option(
      '--learner <name>',
      `fits once, without a search: ${learnerNameSchema.options.join(', ')}`,
      parsedBy(oneLearner),
    )
    .option(
      '--params <json>',
      'fits once, with these parameters of the learner, as JSON',
      parsedBy(parseParams),
    )
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
      const wrong = paramsFault(await readDefinition(options.model), options);
      if (wrong !== undefined) command.error(`error: ${wrong}`);
      const needsStack = options.register || options.file === undefined;
      const app = needsStack ? await connect(await stackEndpoints(), options.model) : undefined;
      const signal = untilInterrupted();
      try {
        const result = await train(app, options, signal);
        if (result.state === 'rejected')
          console.error(
            `Warning: version ${result.version} of '${result.model}' is registered as rejected, and nothing will promote it`,
          );
        console.log(JSON.stringify(result));
      } catch (error) {
        if (!(signal.reason instanceof Interrupted)) throw error;
        console.error('Stopped: nothing was registered');
        process.exit(signal.reason.exitCode);
      }
    });
  await run(command);
}
