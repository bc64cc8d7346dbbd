import {
  constant,
  constants,
  encodeClassifier,
  int,
  ints,
  operator,
  outputsOfMargin,
} from './graph-parts.ts';
import { FARTHEST } from './linear-model.ts';
import type { LinearModel } from './linear-model.ts';
import { ModelFileError } from './model-file-error.ts';
import { TENSOR_TYPES } from './onnx-schema.ts';

/**
 * Writes a logistic regression as an ONNX model; see `encodeClassifier` for its input and outputs. All numbers are
 * stored as float32; standardising is part of the graph.
 * @throws ModelFileError when a number isn't a finite float32, or the names don't fit
 */
export function writeLinear(
  model: LinearModel,
  featureNames: readonly string[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const { means, scales, weights, missingWeights, intercept } = model;
  for (const numbers of [means, scales, weights, missingWeights, [intercept]]) {
    if (numbers.some((number) => !Number.isFinite(Math.fround(number))))
      throw new ModelFileError('a number of the linear model is not a finite float32');
  }
  const indicated = missingWeights.some((weight) => weight !== 0);
  const nodes = [
    constants('means', means),
    constants('scales', scales),
    constants('weights', weights),
    constant('intercept', intercept),
    constant('farthest', FARTHEST),
    constant('nearest', -FARTHEST),
    operator('IsNaN', ['features'], 'missing'),
    operator('Where', ['missing', 'means', 'features'], 'filled'),
    operator('Sub', ['filled', 'means'], 'centred'),
    operator('Mul', ['centred', 'scales'], 'scaled'),
    operator('Clip', ['scaled', 'nearest', 'farthest'], 'standardised'),
    operator('MatMul', ['standardised', 'weights'], 'weighted'),
    ...(indicated ? missingPart(missingWeights) : []),
    operator('Add', [indicated ? 'with_missing' : 'weighted', 'intercept'], 'row_margin'),
    operator('Constant', [], 'second_axis', [ints('value_ints', [1])]),
    operator('Unsqueeze', ['row_margin', 'second_axis'], 'margin'),
    ...outputsOfMargin('margin'),
  ];
  return encodeClassifier({ name: 'logistic_regression', nodes }, means.length, featureNames, metadata);
}

/** Adds what each missing value weighs. */
function missingPart(missingWeights: Float64Array): object[] {
  return [
    constants('missing_weights', missingWeights),
    operator('Cast', ['missing'], 'indicators', [int('to', TENSOR_TYPES.indexOf('float'))]),
    operator('MatMul', ['indicators', 'missing_weights'], 'missing_weighted'),
    operator('Add', ['weighted', 'missing_weighted'], 'with_missing'),
  ];
}
