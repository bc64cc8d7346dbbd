import { z } from 'zod';
import type { LinearModel } from '../onnx/linear-model.ts';
import { sigmoid } from '../onnx/tree-ensemble.ts';
import { labelledMatrixSchema, shareMatrix } from './fit-memory.ts';
import { minimise } from './lbfgs.ts';
import type { Objective } from './lbfgs.ts';
import { logisticParamsSchema } from './logistic-params.ts';
import type { LogisticParams } from './logistic-params.ts';
import type { LabelledMatrix } from './matrix.ts';
import { standardise } from './standardise.ts';
import type { Standardised } from './standardise.ts';

/** What the thread of a logistic regression fit is started with. */
export const linearJobSchema = z.strictObject({
  kind: z.literal('linear'),
  params: logisticParamsSchema,
  train: labelledMatrixSchema,
});

export type LinearJob = z.output<typeof linearJobSchema>;

/** The optimiser ends where no component of the gradient exceeds this part of the summed weights. */
const TOLERANCE = 1e-8;

export function createLinearJob(train: LabelledMatrix, params: LogisticParams): LinearJob {
  return { kind: 'linear', params, train: shareMatrix(train) };
}

/** Fits the model whose penalised log loss is least; the intercept is not penalised. */
export function maximiseLikelihood({ train, params }: LinearJob): { model: LinearModel; steps: number } {
  const rows = standardise(train);
  const total = train.weights?.reduce((sum, weight) => sum + weight, 0) ?? train.y.length;
  const { point, steps } = minimise(penalisedLoss(rows, train, params.l2), new Float64Array(rows.width + 1), {
    tolerance: TOLERANCE * total,
    maxSteps: params.maxSteps,
  });
  return { model: modelOf(rows, point), steps };
}

/** Log loss summed over weighted rows plus ½ λ |w|²; a point is the weights, and the intercept last. */
function penalisedLoss(
  { width, values }: Standardised,
  { y, weights }: LabelledMatrix,
  l2: number,
): Objective {
  return (point, gradient) => {
    const intercept = point[width]!;
    let loss = 0;
    for (let i = 0; i < width; i += 1) {
      gradient[i] = l2 * point[i]!;
      loss += (l2 * point[i]! * point[i]!) / 2;
    }
    let residuals = 0;
    for (let row = 0; row < y.length; row += 1) {
      const begin = row * width;
      let margin = intercept;
      for (let i = 0; i < width; i += 1) margin += point[i]! * values[begin + i]!;
      const label = y[row]!;
      const weight = weights === undefined ? 1 : weights[row]!;
      const against = label === 1 ? -margin : margin;
      loss += weight * (Math.max(against, 0) + Math.log1p(Math.exp(-Math.abs(against))));
      const residual = weight * (sigmoid(margin) - label);
      residuals += residual;
      for (let i = 0; i < width; i += 1) gradient[i] = gradient[i]! + residual * values[begin + i]!;
    }
    gradient[width] = residuals;
    return loss;
  };
}

/** Puts the indicators' weights beside their features: what they add where a value is missing and where it is not. */
function modelOf(rows: Standardised, point: Float64Array): LinearModel {
  const { means, scales, indicated, missingShares, missingScales, width } = rows;
  const missingWeights = new Float64Array(means.length);
  let intercept = point[width]!;
  indicated.forEach((column, i) => {
    const step = point[means.length + i]! * missingScales[i]!;
    missingWeights[column] = step;
    intercept -= step * missingShares[i]!;
  });
  return { means, scales, weights: point.slice(0, means.length), missingWeights, intercept };
}
