import { linearMargin } from '../onnx/linear-model.ts';
import type { LinearModel } from '../onnx/linear-model.ts';
import { writeLinear } from '../onnx/write-linear.ts';
import { positiveWeightSchema, weighPositives } from './class-weights.ts';
import type { FittedModel, Learner, LearnerParams } from './learner.ts';
import { fitLogisticRegression } from './logistic-regression.ts';
import { logisticParamsSchema } from './logistic-params.ts';
import { checkWidth } from './predict.ts';

const paramsSchema = logisticParamsSchema.extend({ positiveWeight: positiveWeightSchema });

/** A logistic regression: see `fitLogisticRegression`. */
export const logisticRegression: Learner = {
  name: 'logistic_regression',
  parseParams: (params) => paramsSchema.parse(params),
  async fit(data, params, { onProgress }) {
    const parsed = paramsSchema.parse(params);
    const { positiveWeight, ...own } = parsed;
    onProgress?.('fitting', 0, 1);
    const model = await fitLogisticRegression(weighPositives(data, positiveWeight), own);
    onProgress?.('fitting', 1, 1);
    return linearModel(model, parsed);
  },
};

function linearModel(model: LinearModel, params: LearnerParams): FittedModel {
  const featureCount = model.weights.length;
  return {
    featureCount,
    params,
    margins(x) {
      checkWidth(x, featureCount);
      return Float64Array.from({ length: x.rows }, (_, row) =>
        linearMargin(model, x.values, row * x.columns),
      );
    },
    asks: (feature) => model.weights[feature] !== 0 || model.missingWeights[feature] !== 0,
    calibrated: ({ slope, offset }) =>
      linearModel(
        {
          ...model,
          weights: model.weights.map((weight) => slope * weight),
          missingWeights: model.missingWeights.map((weight) => slope * weight),
          intercept: slope * model.intercept + offset,
        },
        params,
      ),
    toOnnx: (featureNames, metadata) => writeLinear(model, featureNames, metadata),
  };
}
