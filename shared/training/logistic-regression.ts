import type { LinearModel } from '../onnx/linear-model.ts';
import { linearMessageSchema } from './fit-message.ts';
import { runFitThreads } from './fit-threads.ts';
import { createLinearJob } from './linear-job.ts';
import { logisticParamsSchema } from './logistic-params.ts';
import type { LogisticParams } from './logistic-params.ts';
import { checkTrainingData } from './matrix.ts';
import type { LabelledMatrix } from './matrix.ts';

/**
 * Fits a logistic regression with an L2 penalty on standardised features, in a worker thread that is gone when the
 * promise settles. A missing value counts as the feature's mean, plus a weight for being missing that is fitted too.
 *
 * @throws {z.ZodError} for bad or unknown parameters
 * @throws {TrainingDataError} for data that do not fit together, infinite values, or labels of a single class
 */
export async function fitLogisticRegression(
  train: LabelledMatrix,
  params: LogisticParams,
): Promise<LinearModel> {
  const parsed = logisticParamsSchema.parse(params);
  checkTrainingData(train);
  return runFitThreads<LinearModel>([createLinearJob(train, parsed)], (value, finish) => {
    finish(linearMessageSchema.parse(value).model);
  });
}
