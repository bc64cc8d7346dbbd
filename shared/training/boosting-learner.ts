import type { TreeEnsemble } from '../onnx/tree-ensemble.ts';
import { writeTreeEnsemble } from '../onnx/write-model.ts';
import { boostingParamsSchema } from './boosting-params.ts';
import { positiveWeightSchema, weighPositives } from './class-weights.ts';
import { fitGradientBoosting } from './gradient-boosting.ts';
import type { FitOptions, FittedModel, Learner, LearnerParams } from './learner.ts';
import { selectRows } from './matrix.ts';
import type { LabelledMatrix } from './matrix.ts';
import { predictMargins, splitsBy } from './predict.ts';
import { createRandom } from './random.ts';

/** Share of the training rows on which early stopping chooses the number of trees. */
const VALIDATION_SHARE = 0.15;

const paramsSchema = boostingParamsSchema
  .omit({ seed: true, threads: true })
  .extend({ positiveWeight: positiveWeightSchema });

/** Gradient boosted trees: see `fitGradientBoosting`. */
export const gradientBoosting: Learner = {
  name: 'gradient_boosting',
  parseParams: (params) => paramsSchema.parse(params),
  async fit(data, params, options) {
    const { positiveWeight, ...own } = paramsSchema.parse(params);
    const rows = weighPositives(data, positiveWeight);
    const { seed, threads } = options;
    const chosen = await chooseSize(rows, { ...own, seed, threads }, options);
    const { ensemble } = await fitGradientBoosting(rows, undefined, chosen, (done, total) =>
      options.onProgress?.('fitting', done, total),
    );
    const { trees } = chosen;
    return boostedModel(ensemble, { ...own, trees, earlyStoppingRounds: 0, positiveWeight });
  },
};

/** With early stopping: chooses the number of trees on a part of the rows, to fit that many on all of them. */
async function chooseSize(
  data: LabelledMatrix,
  params: Parameters<typeof fitGradientBoosting>[2],
  { onProgress }: FitOptions,
): Promise<typeof params> {
  if (params.earlyStoppingRounds === 0) return params;
  const draw = createRandom(params.seed);
  const isValidation = Array.from(data.y, () => draw() < VALIDATION_SHARE);
  const part = (held: boolean): LabelledMatrix =>
    selectRows(
      data,
      Array.from(data.y.keys()).filter((row) => isValidation[row] === held),
    );
  const { bestIteration } = await fitGradientBoosting(part(false), part(true), params, (done, total) =>
    onProgress?.('choosing the number of trees', done, total),
  );
  return { ...params, trees: Math.max(1, bestIteration), earlyStoppingRounds: 0 };
}

function boostedModel(ensemble: TreeEnsemble, params: LearnerParams): FittedModel {
  return {
    featureCount: ensemble.featureCount,
    trees: ensemble.trees.length,
    params,
    margins: (x) => predictMargins(ensemble, x),
    asks: splitsBy(ensemble.trees),
    calibrated: ({ slope, offset }) => boostedModel(scaled(ensemble, slope, offset), params),
    toOnnx: (featureNames, metadata) => writeTreeEnsemble(ensemble, featureNames, metadata),
  };
}

/** The ensemble whose margin is `slope` times the margin plus `offset`: no operator is added. */
function scaled(ensemble: TreeEnsemble, slope: number, offset: number): TreeEnsemble {
  return {
    ...ensemble,
    baseMargin: slope * ensemble.baseMargin + offset,
    trees: ensemble.trees.map((tree) => ({ ...tree, value: tree.value.map((value) => slope * value) })),
  };
}
