import { ModelFileError } from './model-file-error.ts';
import {
  type AttributeMessage,
  decodeModel,
  type GraphMessage,
  type ModelLimits,
  type ModelMessage,
  type NodeMessage,
  type TensorMessage,
  type ValueInfoMessage,
} from './model-proto.ts';
import { EXTERNAL_DATA, TENSOR_TYPES } from './onnx-schema.ts';
import type { TreeEnsemble } from './tree-ensemble.ts';
import { attributesOf, readTreeNodes, type TreeNodes } from './tree-nodes.ts';
import { checkEnsemble } from './tree-structure.ts';
import { isSignGuard } from './write-model.ts';

/** An input or output of a model. */
export interface ModelValue {
  readonly name: string;
  /** ONNX's name of the element type (`float`, `int64`, …), or what it is instead: `sequence`, `map`, `unknown` … */
  readonly type: string;
  /** One entry per dimension: its size, its symbol, or null where it is free; null where the file doesn't say. */
  readonly shape: readonly (number | string | null)[] | null;
}

/** What a model file says about itself. */
export interface ModelInspection {
  readonly irVersion: number;
  readonly producer: { readonly name: string; readonly version: string };
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly inputs: readonly ModelValue[];
  readonly outputs: readonly ModelValue[];
  /** Operators in the order of the file, those of subgraphs included; the default domain is `ai.onnx`. */
  readonly nodes: readonly { readonly opType: string; readonly domain: string }[];
  readonly metadata: Readonly<Record<string, string>>;
}

const KNOWN_DOMAINS: readonly string[] = ['ai.onnx', 'ai.onnx.ml'];

/**
 * Reads what a model is without running it, and refuses what isn't safe to hand to onnxruntime: files beyond the
 * limits, tensors in other files, operators of other domains, functions, trees that aren't trees or are too deep.
 * @throws ModelFileError
 */
export function inspectModel(bytes: Uint8Array, limits?: ModelLimits): ModelInspection {
  const model = decodeModel(bytes, limits);
  const graph = graphOf(model);
  checkSafe(model, graph);
  // Before IR 4 every initializer is listed as an input too.
  const constants = new Set(graph.initializer.map(({ name }) => name));
  return {
    irVersion: model.ir_version,
    producer: { name: model.producer_name, version: model.producer_version },
    opsets: model.opset_import.map(({ domain, version }) => ({ domain: domainName(domain), version })),
    inputs: graph.input.filter(({ name }) => !constants.has(name)).map(describeValue),
    outputs: graph.output.map(describeValue),
    nodes: allNodes(graph).map((node) => ({ opType: node.op_type, domain: domainName(node.domain) })),
    metadata: Object.fromEntries(model.metadata_props.map(({ key, value }) => [key, value])),
  };
}

/**
 * Reads a binary tree classifier back into the ensemble that gives the same margins: what `writeTreeEnsemble` wrote,
 * or the models of converters for xgboost and the like (one TreeEnsembleClassifier on the graph's input, LOGISTIC,
 * `<=` or `<`, covers in `nodes_hitrates`). Numbers come back as the file's float32 values.
 * @throws ModelFileError
 */
export function readTreeEnsemble(bytes: Uint8Array, limits?: ModelLimits): TreeEnsemble {
  const model = decodeModel(bytes, limits);
  const graph = graphOf(model);
  checkSafe(model, graph);
  const [node, ...others] = graph.node;
  if (node?.op_type !== 'TreeEnsembleClassifier' || others.length > 0) {
    throw new ModelFileError('the model is not a single TreeEnsembleClassifier');
  }
  const attributes = attributesOf(node);
  if (attributes.get('post_transform')?.s !== 'LOGISTIC') {
    throw new ModelFileError('the trees do not sum to log-odds (post_transform is not LOGISTIC)');
  }
  const labels = attributes.get('classlabels_int64s')?.ints ?? [];
  if (labels.length !== 2 || labels[0] !== 0 || labels[1] !== 1) {
    throw new ModelFileError('the class labels are not 0 and 1');
  }
  const input = graph.input.find(({ name }) => name === node.input[0]);
  const featureCount = input?.type?.tensor_type?.shape?.dim[1]?.dim_value;
  if (featureCount === undefined)
    throw new ModelFileError("the model doesn't say how many features it reads");
  const nodes = readTreeNodes(attributes, false);
  if ((attributes.get('nodes_hitrates')?.floats ?? []).length === 0) {
    throw new ModelFileError('the model has no covers (nodes_hitrates)');
  }
  addLeafValues(nodes, attributes);
  const last = nodes.trees.at(-1);
  const trees = last !== undefined && isSignGuard(last) ? nodes.trees.slice(0, -1) : nodes.trees;
  const ensemble: TreeEnsemble = { featureCount, baseMargin: baseMargin(attributes), trees };
  checkEnsemble(ensemble);
  return ensemble;
}

function graphOf(model: ModelMessage): GraphMessage {
  const { graph } = model;
  if (graph === undefined || graph.node.length === 0) throw new ModelFileError('the model has no graph');
  return graph;
}

function checkSafe(model: ModelMessage, graph: GraphMessage): void {
  const used = [
    ...model.opset_import.map(({ domain }) => domain),
    ...model.functions.map(({ domain }) => domain),
    ...allNodes(graph).map(({ domain }) => domain),
  ];
  const foreign = used.map(domainName).find((domain) => !KNOWN_DOMAINS.includes(domain));
  if (foreign !== undefined) throw new ModelFileError(`operators of the domain ${foreign} are not supported`);
  if (model.functions.length > 0) throw new ModelFileError('functions inside a model are not supported');
  if (model.opset_import.length === 0) throw new ModelFileError('the model imports no operator set');
  for (const inner of allGraphs(graph)) checkTensors(inner);
  for (const node of allNodes(graph)) {
    if (node.op_type === 'TreeEnsemble') {
      throw new ModelFileError('TreeEnsemble of ai.onnx.ml 5 is not supported; convert for ai.onnx.ml 3');
    }
    if (node.op_type === 'TreeEnsembleClassifier' || node.op_type === 'TreeEnsembleRegressor') {
      readTreeNodes(attributesOf(node), true);
    }
  }
}

function checkTensors(graph: GraphMessage): void {
  const attributes = graph.node.flatMap((node) => node.attribute);
  const sparse = [
    ...graph.sparse_initializer,
    ...attributes.flatMap((attribute) => [
      ...(attribute.sparse_tensor === undefined ? [] : [attribute.sparse_tensor]),
      ...attribute.sparse_tensors,
    ]),
  ];
  const tensors: (TensorMessage | undefined)[] = [
    ...graph.initializer,
    ...attributes.flatMap((attribute) => [attribute.t, ...attribute.tensors]),
    ...sparse.flatMap(({ values, indices }) => [values, indices]),
  ];
  const outside = tensors.find(
    (tensor) =>
      tensor !== undefined && (tensor.data_location === EXTERNAL_DATA || tensor.external_data.length > 0),
  );
  if (outside !== undefined) {
    throw new ModelFileError(`tensor ${outside.name} lies in another file; a model must be one file`);
  }
}

/** The graph and every graph in its nodes' attributes (bodies of If, Loop, Scan). */
function allGraphs(graph: GraphMessage): GraphMessage[] {
  const inner = graph.node
    .flatMap((node) => node.attribute)
    .flatMap((attribute) =>
      attribute.g === undefined ? attribute.graphs : [attribute.g, ...attribute.graphs],
    );
  return [graph, ...inner.flatMap(allGraphs)];
}

function allNodes(graph: GraphMessage): NodeMessage[] {
  return allGraphs(graph).flatMap(({ node }) => node);
}

function domainName(domain: string): string {
  return domain === '' ? 'ai.onnx' : domain;
}

function describeValue({ name, type }: ValueInfoMessage): ModelValue {
  const tensor = type?.tensor_type;
  if (tensor === undefined) return { name, type: otherKind(type), shape: null };
  const shape = tensor.shape?.dim.map(({ dim_value: size, dim_param: symbol }) => {
    if (size !== undefined && size >= 0) return size;
    return symbol === undefined || symbol === '' ? null : symbol;
  });
  return { name, type: TENSOR_TYPES[tensor.elem_type] ?? 'unknown', shape: shape ?? null };
}

function otherKind(type: ValueInfoMessage['type']): string {
  if (type?.sequence_type !== undefined) return 'sequence';
  if (type?.map_type !== undefined) return 'map';
  if (type?.sparse_tensor_type !== undefined) return 'sparse_tensor';
  return type?.optional_type === undefined ? 'unknown' : 'optional';
}

function baseMargin(attributes: ReadonlyMap<string, AttributeMessage>): number {
  const values = attributes.get('base_values')?.floats ?? [];
  if (values.length > 1) throw new ModelFileError('more than one base value for a binary classifier');
  return values[0] ?? 0;
}

/** Puts the weights on their leaves. Only class id 0 makes onnxruntime answer the logistic of their sum. */
function addLeafValues(nodes: TreeNodes, attributes: ReadonlyMap<string, AttributeMessage>): void {
  const weights = attributes.get('class_weights')?.floats ?? [];
  const [treeIds, nodeIds, classIds] = ['class_treeids', 'class_nodeids', 'class_ids'].map((name) => {
    const values = attributes.get(name)?.ints ?? [];
    if (values.length !== weights.length) {
      throw new ModelFileError(`attribute ${name} has ${values.length} values for ${weights.length} weights`);
    }
    return values;
  });
  for (const [index, weight] of weights.entries()) {
    if (classIds?.[index] !== 0) throw new ModelFileError('the leaf weights are not all of class id 0');
    const leaf = nodes.locate(treeIds?.[index] ?? -1, nodeIds?.[index] ?? -1);
    if (leaf === undefined || leaf.tree.feature[leaf.node] !== -1) {
      throw new ModelFileError(`weight ${index} belongs to no leaf`);
    }
    if (!Number.isNaN(leaf.tree.value[leaf.node]))
      throw new ModelFileError(`weight ${index} is its leaf's second`);
    leaf.tree.value[leaf.node] = weight;
  }
}
