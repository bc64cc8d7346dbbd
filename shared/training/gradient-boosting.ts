import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { TreeEnsemble } from '../onnx/tree-ensemble.ts';
import { boostingParamsSchema } from './boosting-params.ts';
import type { BoostingParams } from './boosting-params.ts';
import { createFitJob } from './fit-job.ts';
import { fitMessageSchema } from './fit-message.ts';
import { checkLabelledMatrix, TrainingDataError } from './matrix.ts';
import type { LabelledMatrix } from './matrix.ts';

export { boostingParamsSchema };
export type { BoostingParams };

export interface BoostingFit {
  readonly ensemble: TreeEnsemble;
  /** Number of trees kept: all of them, or with early stopping those up to the lowest validation loss. */
  readonly bestIteration: number;
  /** Mean log loss on the validation part with these trees; absent without a validation part. */
  readonly validationLoss?: number;
}

/** Hears the number of trees grown, how many there can be, and the mean validation loss, if there is a validation part. */
export type BoostingProgress = (done: number, total: number, validationLoss?: number) => void;

/**
 * Fits gradient boosted trees to two classes: log loss, histograms of at most 255 bins and a bin for missing values,
 * leaf-wise growth, Newton steps. The method is LightGBM's (Ke et al., 2017) as scikit-learn's
 * HistGradientBoostingClassifier has it.
 *
 * It computes in worker threads, which are gone when the promise settles. The result is a function of data,
 * parameters and seed, to the last bit: not of the number of threads. Missing values (NaN) of a feature go where the
 * loss falls most; where a node saw none, they go with the larger child. Too few rows to split, or features that
 * tell nothing, give a constant model with the base rate: one tree that is a single leaf.
 *
 * @param validation rows to measure the log loss on after each tree; needed for early stopping
 * @throws {z.ZodError} for bad or unknown parameters
 * @throws {TrainingDataError} for data that do not fit together, infinite values, labels of a single class, or early
 *   stopping without a validation part
 */
export async function fitGradientBoosting(
  train: LabelledMatrix,
  validation: LabelledMatrix | undefined,
  params: BoostingParams,
  onProgress?: BoostingProgress,
): Promise<BoostingFit> {
  const parsed = boostingParamsSchema.parse(params);
  checkData(train, validation, parsed);
  const threads = Math.min(parsed.threads, train.x.columns);
  const job = createFitJob(train, validation, { ...parsed, threads });
  const script = new URL(`./fit-worker${extname(import.meta.url)}`, import.meta.url);
  const workers = Array.from(
    { length: threads },
    (_, thread) => new Worker(script, { workerData: { ...job, thread }, name: `fit ${thread}` }),
  );
  try {
    return await resultOf(workers, (trees, loss) => onProgress?.(trees, parsed.trees, loss));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function checkData(
  train: LabelledMatrix,
  validation: LabelledMatrix | undefined,
  { earlyStoppingRounds }: BoostingParams,
): void {
  checkLabelledMatrix(train, 'training');
  const [only] = train.y;
  if (train.y.every((label) => label === only)) {
    throw new TrainingDataError(
      `All ${train.y.length} training rows have the label ${only}: both are needed.`,
    );
  }
  if (!validation) {
    if (earlyStoppingRounds > 0) throw new TrainingDataError('Early stopping needs a validation part.');
    return;
  }
  checkLabelledMatrix(validation, 'validation');
  if (validation.x.columns !== train.x.columns) {
    const columns = `${validation.x.columns} columns, the training data ${train.x.columns}`;
    throw new TrainingDataError(`The validation data have ${columns}.`);
  }
}

/** Waits for the result, or for the first error of any worker. */
async function resultOf(
  workers: readonly Worker[],
  onProgress: (trees: number, loss: number | undefined) => void,
): Promise<BoostingFit> {
  const { promise, resolve, reject } = Promise.withResolvers<BoostingFit>();
  const receive = (value: unknown): void => {
    const message = fitMessageSchema.parse(value);
    if (message.kind === 'progress') {
      onProgress(message.trees, message.validationLoss);
      return;
    }
    const { ensemble, bestIteration, validationLoss } = message;
    resolve({ ensemble, bestIteration, ...(validationLoss !== undefined && { validationLoss }) });
  };
  for (const worker of workers) {
    worker.on('message', (value) => {
      try {
        receive(value);
      } catch (error) {
        // The messages that still come are nobody's any more.
        worker.removeAllListeners('message');
        reject(error);
      }
    });
    worker.on('error', reject);
    // A thread may end before the first one's result arrives; only an end by force is an error.
    worker.on('exit', (code) => {
      if (code !== 0) reject(new Error(`A worker thread of the fit ended with code ${code}.`));
    });
  }
  return promise;
}
