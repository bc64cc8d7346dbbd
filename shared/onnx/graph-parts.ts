import { ModelFileError } from './model-file-error.ts';
import { encodeModel } from './model-proto.ts';
import { ATTRIBUTE_TYPE, TENSOR_TYPES } from './onnx-schema.ts';

/** The key of the model's metadata that holds the feature names in order, as a JSON array. */
export const FEATURE_NAMES_KEY = 'feature_names';

/**
 * IR 8 and ai.onnx.ml 3 are understood by every runtime since 2022; nothing newer is needed. Some tools expect the
 * default domain to be imported, whether or not its operators are used.
 */
const IR_VERSION = 8;
const OPSETS = [
  { domain: '', version: 17 },
  { domain: 'ai.onnx.ml', version: 3 },
];

/** A graph's operators: what comes from `features` and ends in `label` and `probabilities`. */
export interface ClassifierGraph {
  readonly name: string;
  readonly nodes: readonly object[];
}

/**
 * Encodes a graph as a model: input `features` float [N, width], outputs `label` int64 [N] and `probabilities` float
 * [N, 2] (class 0, class 1). The same arguments give the same bytes.
 * @throws ModelFileError when the names don't fit the width
 */
export function encodeClassifier(
  graph: ClassifierGraph,
  width: number,
  featureNames: readonly string[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  if (featureNames.length !== width) {
    throw new ModelFileError(`${featureNames.length} names for ${width} features`);
  }
  if (Object.hasOwn(metadata, FEATURE_NAMES_KEY)) {
    throw new ModelFileError(`the metadata key ${FEATURE_NAMES_KEY} is reserved`);
  }
  const properties = { ...metadata, [FEATURE_NAMES_KEY]: JSON.stringify(featureNames) };
  return encodeModel({
    ir_version: IR_VERSION,
    producer_name: 'tollgate',
    opset_import: OPSETS,
    metadata_props: Object.entries(properties)
      .map(([key, value]) => ({ key, value }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    graph: {
      name: graph.name,
      node: graph.nodes,
      input: [tensorInfo('features', 'float', [width])],
      output: [tensorInfo('label', 'int64', []), tensorInfo('probabilities', 'float', [2])],
    },
  });
}

/** An operator of the default domain with one output. */
export function operator(
  type: string,
  input: readonly string[],
  output: string,
  attribute: readonly object[] = [],
): object {
  return { name: output, op_type: type, domain: '', input, output: [output], attribute };
}

/** The operators from the margin [N, 1] to the outputs. */
export function outputsOfMargin(margin: string): object[] {
  return [
    // Not 1 − p, which would lose what is near 0.
    operator('Neg', [margin], 'negative_margin'),
    operator('Concat', ['negative_margin', margin], 'margins', [int('axis', 1)]),
    operator('Sigmoid', ['margins'], 'probabilities'),
    operator('ArgMax', ['margins'], 'label', [int('axis', 1), int('keepdims', 0)]),
  ];
}

/** A float32 scalar. */
export function constant(name: string, value: number): object {
  return operator('Constant', [], name, [{ name: 'value_float', type: ATTRIBUTE_TYPE.float, f: value }]);
}

/** A list of float32 numbers. */
export function constants(name: string, values: ArrayLike<number>): object {
  return operator('Constant', [], name, [floats('value_floats', Array.from(values))]);
}

export function int(name: string, value: number): object {
  return { name, type: ATTRIBUTE_TYPE.int, i: value };
}

export function ints(name: string, values: readonly number[]): object {
  return { name, type: ATTRIBUTE_TYPE.ints, ints: values };
}

export function floats(name: string, values: readonly number[]): object {
  return { name, type: ATTRIBUTE_TYPE.floats, floats: values };
}

export function text(name: string, value: string): object {
  return { name, type: ATTRIBUTE_TYPE.string, s: value };
}

export function texts(name: string, values: readonly string[]): object {
  return { name, type: ATTRIBUTE_TYPE.strings, strings: values };
}

/** A tensor whose first dimension is the number of rows. */
function tensorInfo(
  name: string,
  type: (typeof TENSOR_TYPES)[number],
  dimensions: readonly number[],
): object {
  const dim = [{ dim_param: 'N' }, ...dimensions.map((size) => ({ dim_value: size }))];
  return { name, type: { tensor_type: { elem_type: TENSOR_TYPES.indexOf(type), shape: { dim } } } };
}
