import type { App } from '../../shared/app.ts';
import { compileContract } from '../../shared/features/compile.ts';
import type { ModelDefinition } from '../../shared/features/definition.ts';
import { sha256 } from '../../shared/onnx/verify-model.ts';
import { defaultHoldOut } from '../../shared/training/hold-out.ts';
import { readLabelledRows } from '../../shared/training/labelled-rows.ts';
import { trainModel } from '../../shared/training/train-model.ts';
import { readSuite } from '../model-folders.ts';
import { showProgress } from '../progress.ts';
import type { MadeVersion } from './made-version.ts';
import { chosenFit, type TrainOptions } from './options.ts';
import { readSource } from './rows-source.ts';

/**
 * Fits the learner that the options or the model folder name, once. No gate refuses what somebody asked for by name.
 * @param signal ends it at the fit's next progress
 */
export async function fitOnce(
  app: App | undefined,
  definition: ModelDefinition,
  options: TrainOptions,
  signal: AbortSignal | undefined,
): Promise<MadeVersion> {
  const { learner, params } = chosenFit(definition, options);
  const { model, seed, split = defaultHoldOut(definition) } = options;
  const source = await readSource(app, definition, options, signal);
  const extra = split.by === 'column' ? split.column : undefined;
  const data = readLabelledRows(compileContract(definition), source.bytes, source.delimiter, extra);
  console.error(`Read ${data.rows.length} rows of '${model}' from ${source.name}`);
  const progress = showProgress();
  const trained = await trainModel({
    definition,
    data,
    split,
    learner,
    params,
    seed,
    calibrated: true,
    suite: await readSuite(model),
    dataset: { version: source.dataset?.version, sha256: sha256(source.bytes) },
    onProgress: (...stage) => {
      signal?.throwIfAborted();
      progress.show(...stage);
    },
  }).finally(progress.end);
  return { ...trained, source, count: data.rows.length, learner, seed };
}
