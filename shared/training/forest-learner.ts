import { forestMargin } from '../onnx/forest.ts';
import type { Forest } from '../onnx/forest.ts';
import { writeForest } from '../onnx/write-forest.ts';
import { positiveWeightSchema, weighPositives } from './class-weights.ts';
import { forestParamsSchema } from './forest-params.ts';
import type { FittedModel, Learner, LearnerParams } from './learner.ts';
import { addLeafValues, checkWidth, splitsBy } from './predict.ts';
import { fitRandomForest } from './random-forest.ts';

const paramsSchema = forestParamsSchema
  .omit({ seed: true, threads: true })
  .extend({ positiveWeight: positiveWeightSchema });

/** A random forest: see `fitRandomForest`. */
export const randomForest: Learner = {
  name: 'random_forest',
  parseParams: (params) => paramsSchema.parse(params),
  async fit(data, params, { seed, threads, onProgress }) {
    const parsed = paramsSchema.parse(params);
    const { positiveWeight, ...own } = parsed;
    const rows = weighPositives(data, positiveWeight);
    const forest = await fitRandomForest(rows, { ...own, seed, threads }, (done, total) =>
      onProgress?.('fitting', done, total),
    );
    return forestModel(forest, parsed);
  },
};

function forestModel(forest: Forest, params: LearnerParams): FittedModel {
  return {
    featureCount: forest.featureCount,
    trees: forest.trees.length,
    params,
    margins(x) {
      checkWidth(x, forest.featureCount);
      const sums = new Float64Array(x.rows);
      for (const tree of forest.trees) addLeafValues(tree, x, sums);
      return sums.map((sum) => forestMargin(forest, sum));
    },
    asks: splitsBy(forest.trees),
    calibrated: ({ slope, offset }) =>
      forestModel({ ...forest, slope: slope * forest.slope, offset: slope * forest.offset + offset }, params),
    toOnnx: (featureNames, metadata) => writeForest(forest, featureNames, metadata),
  };
}
