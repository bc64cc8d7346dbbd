import type { TreeEnsemble } from '../onnx/tree-ensemble.ts';
import { boostingParamsSchema } from './boosting-params.ts';
import type { BoostingParams } from './boosting-params.ts';
import { createFitJob } from './fit-job.ts';
import { boostingMessageSchema } from './fit-message.ts';
import { runFitThreads } from './fit-threads.ts';
import { checkLabelledMatrix, checkTrainingData, TrainingDataError } from './matrix.ts';
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
  const jobs = Array.from({ length: threads }, (_, thread) => ({ ...job, thread }));
  return runFitThreads<BoostingFit>(jobs, (value, finish) => {
    const message = boostingMessageSchema.parse(value);
    if (message.kind === 'progress') {
      onProgress?.(message.trees, parsed.trees, message.validationLoss);
      return;
    }
    const { ensemble, bestIteration, validationLoss } = message;
    finish({ ensemble, bestIteration, ...(validationLoss !== undefined && { validationLoss }) });
  });
}

function checkData(
  train: LabelledMatrix,
  validation: LabelledMatrix | undefined,
  { earlyStoppingRounds }: BoostingParams,
): void {
  checkTrainingData(train);
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
