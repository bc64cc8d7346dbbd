import { ModelFileError } from '../shared/onnx/model-file-error.ts';
import { decodeModel, encodeModel, type ModelMessage, type NodeMessage } from '../shared/onnx/model-proto.ts';
import { ATTRIBUTE_TYPE } from '../shared/onnx/onnx-schema.ts';
import type { ScoreBand } from './score-bands.ts';

type Node = Readonly<Record<string, unknown>>;

/** Name of a model's second output [rows, 2], which the loader takes the scores from. */
const PROBABILITIES = 'probabilities';

/**
 * The same model, but its run fails where a row's score lies in the band: such a row looks up an entry of a table that
 * is not there, which onnxruntime finds out only when it runs.
 * @param onnx a model of one of our learners
 * @throws ModelFileError for a model without probabilities
 */
export function throwingGraph(onnx: Uint8Array, band: ScoreBand): Uint8Array {
  const { model, nodes } = openModel(onnx);
  if (!nodes.some(({ output }) => output.includes(PROBABILITIES)))
    throw new ModelFileError('the model has no probabilities');
  return withNodes(model, [
    ...nodes.map((each) => ({
      ...each,
      output: each.output.map((name) => (name === PROBABILITIES ? 'fault_scored' : name)),
    })),
    ints('fault_second', [1]),
    ints('fault_third', [2]),
    node('Slice', ['fault_scored', 'fault_second', 'fault_third', 'fault_second'], 'fault_score'),
    floats('fault_from', [band.from]),
    floats('fault_to', [band.to]),
    node('GreaterOrEqual', ['fault_score', 'fault_from'], 'fault_reaches'),
    node('Less', ['fault_score', 'fault_to'], 'fault_below'),
    node('And', ['fault_reaches', 'fault_below'], 'fault_fails'),
    ints('fault_there', [0]),
    ints('fault_missing', [1]),
    node('Where', ['fault_fails', 'fault_missing', 'fault_there'], 'fault_entry'),
    floats('fault_table', [1]),
    node('Gather', ['fault_table', 'fault_entry'], 'fault_one'),
    node('Mul', ['fault_scored', 'fault_one'], PROBABILITIES),
  ]);
}

/** What makes a model slow. */
export interface Burden {
  /** How often the trees are walked before, at least once: costs what a row costs. */
  readonly walks: number;
  /** How many more operators on a single number there are: costs what a run costs, however many rows it has. */
  readonly operators: number;
}

/**
 * The same model with work whose result is multiplied by zero. Every walk waits for the one before, because onnxruntime
 * computes equal things once and leaves out what nobody needs.
 * @param onnx a model with trees
 * @throws ModelFileError for any other model
 */
export function slowGraph(onnx: Uint8Array, { walks, operators }: Burden): Uint8Array {
  const { model, nodes: own } = openModel(onnx);
  const trees = own.find(({ op_type: operator }) => operator.startsWith('TreeEnsemble'));
  if (trees === undefined) throw new ModelFileError('the model has no trees to be slow with');
  const [features] = trees.input;
  const nodes: Node[] = [floats('zero', [0])];
  let input = features;
  for (let walk = 1; walk <= walks; walk++) {
    const scored = `scored_${walk}`;
    let sum = `sum_${walk}`;
    const output = trees.output.map((name, place) =>
      place === trees.output.length - 1 ? scored : `${name}_${walk}`,
    );
    nodes.push({ ...trees, name: `trees_${walk}`, input: [input], output });
    nodes.push(node('ReduceSum', [scored], sum));
    for (let operator = 1; walk === 1 && operator <= operators; operator++) {
      const next = `sine_${operator}`;
      nodes.push(node('Sin', [sum], next));
      sum = next;
    }
    nodes.push(node('Mul', [sum, 'zero'], `nothing_${walk}`));
    input = `features_${walk}`;
    nodes.push(node('Add', [features, `nothing_${walk}`], input));
  }
  return withNodes(model, [
    ...nodes,
    ...own.map((each) => (each === trees ? { ...each, input: [input] } : each)),
  ]);
}

function openModel(onnx: Uint8Array): { readonly model: ModelMessage; readonly nodes: NodeMessage[] } {
  const model = decodeModel(onnx);
  return { model, nodes: [...(model.graph?.node ?? [])] };
}

function withNodes(model: ModelMessage, nodes: readonly Node[]): Uint8Array {
  return encodeModel({ ...model, graph: { ...model.graph, node: nodes } });
}

function node(operator: string, input: readonly (string | undefined)[], output: string): Node {
  return { name: `fault_${output}`, op_type: operator, domain: '', input, output: [output], attribute: [] };
}

function ints(name: string, values: readonly number[]): Node {
  const attribute = [{ name: 'value_ints', type: ATTRIBUTE_TYPE.ints, ints: values }];
  return { ...node('Constant', [], name), attribute };
}

function floats(name: string, values: readonly number[]): Node {
  const attribute = [{ name: 'value_floats', type: ATTRIBUTE_TYPE.floats, floats: values }];
  return { ...node('Constant', [], name), attribute };
}
