import type { Forest } from '../onnx/forest.ts';
import type { Tree } from '../onnx/tree-ensemble.ts';
import { forestMessageSchema } from './fit-message.ts';
import { runFitThreads } from './fit-threads.ts';
import { createForestJob } from './forest-job.ts';
import { forestParamsSchema } from './forest-params.ts';
import type { ForestParams } from './forest-params.ts';
import { checkTrainingData } from './matrix.ts';
import type { LabelledMatrix } from './matrix.ts';

/**
 * Fits a random forest to two classes, in worker threads that are gone when the promise settles. The result is a
 * function of data, parameters and seed, to the last bit: not of the number of threads. See `createForestTreeGrower`
 * for the method.
 *
 * @param onProgress hears the number of trees grown and how many there will be
 * @throws {z.ZodError} for bad or unknown parameters
 * @throws {TrainingDataError} for data that do not fit together, infinite values, or labels of a single class
 */
export async function fitRandomForest(
  train: LabelledMatrix,
  params: ForestParams,
  onProgress?: (done: number, total: number) => void,
): Promise<Forest> {
  const parsed = forestParamsSchema.parse(params);
  checkTrainingData(train);
  const threads = Math.min(parsed.threads, parsed.trees);
  const job = createForestJob(train, { ...parsed, threads });
  const jobs = Array.from({ length: threads }, (_, thread) => ({ ...job, thread }));
  const grown = new Map<number, Tree>();
  return runFitThreads<Forest>(jobs, (value, finish) => {
    const { index, tree } = forestMessageSchema.parse(value);
    grown.set(index, tree);
    onProgress?.(grown.size, parsed.trees);
    if (grown.size < parsed.trees) return;
    const trees = [...grown].toSorted(([a], [b]) => a - b).map(([, found]) => found);
    finish({ featureCount: train.x.columns, trees, slope: 1, offset: 0 });
  });
}
