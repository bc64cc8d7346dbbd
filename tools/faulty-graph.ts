import { decodeModel, encodeModel, type ModelMessage, type NodeMessage } from '../shared/onnx/model-proto.ts';
import { ATTRIBUTE_TYPE } from '../shared/onnx/onnx-schema.ts';
import { readTreeEnsemble } from '../shared/onnx/read-model.ts';
import type { ScoreBand } from './score-bands.ts';

type Node = Readonly<Record<string, unknown>>;

/** Name of a tree classifier's second output [rows, 2], which the loader takes the scores from. */
const PROBABILITIES = 'probabilities';

/**
 * The same model, but its run fails where a row's score lies in the band: such a row looks up an entry of a table that
 * is not there, which onnxruntime finds out only when it runs.
 * @param onnx what `writeTreeEnsemble` wrote
 * @throws ModelFileError for any other model
 */
export function throwingGraph(onnx: Uint8Array, band: ScoreBand): Uint8Array {
  const { model, trees } = openTrees(onnx);
  return withNodes(model, [
    { ...trees, output: ['label', 'scored'] },
    ints('second', [1]),
    ints('third', [2]),
    node('Slice', ['scored', 'second', 'third', 'second'], 'score'),
    floats('from', [band.from]),
    floats('to', [band.to]),
    node('GreaterOrEqual', ['score', 'from'], 'reaches'),
    node('Less', ['score', 'to'], 'below'),
    node('And', ['reaches', 'below'], 'fails'),
    ints('there', [0]),
    ints('missing', [1]),
    node('Where', ['fails', 'missing', 'there'], 'entry'),
    floats('table', [1]),
    node('Gather', ['table', 'entry'], 'one'),
    node('Mul', ['scored', 'one'], PROBABILITIES),
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
 * @param onnx what `writeTreeEnsemble` wrote
 * @throws ModelFileError for any other model
 */
export function slowGraph(onnx: Uint8Array, { walks, operators }: Burden): Uint8Array {
  const { model, trees } = openTrees(onnx);
  const [features] = trees.input;
  const nodes: Node[] = [floats('zero', [0])];
  let input = features;
  for (let walk = 1; walk <= walks; walk++) {
    const scored = `scored_${walk}`;
    let sum = `sum_${walk}`;
    nodes.push({ ...trees, name: `trees_${walk}`, input: [input], output: [`label_${walk}`, scored] });
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
  return withNodes(model, [...nodes, { ...trees, input: [input] }]);
}

function openTrees(onnx: Uint8Array): { readonly model: ModelMessage; readonly trees: NodeMessage } {
  readTreeEnsemble(onnx); // throws for what is no single tree classifier
  const model = decodeModel(onnx);
  const trees = model.graph?.node[0];
  if (trees === undefined) throw new Error('The model has no trees');
  return { model, trees };
}

function withNodes(model: ModelMessage, nodes: readonly Node[]): Uint8Array {
  return encodeModel({ ...model, graph: { ...model.graph, node: nodes } });
}

function node(operator: string, input: readonly (string | undefined)[], output: string): Node {
  return { name: output, op_type: operator, domain: '', input, output: [output], attribute: [] };
}

function ints(name: string, values: readonly number[]): Node {
  const attribute = [{ name: 'value_ints', type: ATTRIBUTE_TYPE.ints, ints: values }];
  return { ...node('Constant', [], name), attribute };
}

function floats(name: string, values: readonly number[]): Node {
  const attribute = [{ name: 'value_floats', type: ATTRIBUTE_TYPE.floats, floats: values }];
  return { ...node('Constant', [], name), attribute };
}
