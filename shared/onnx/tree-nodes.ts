import { ModelFileError } from './model-file-error.ts';
import type { AttributeMessage, NodeMessage } from './model-proto.ts';
import type { Tree } from './tree-ensemble.ts';
import { checkLinks } from './tree-structure.ts';

/** The trees of one TreeEnsemble* node, in the order of the file, and the ids that the file knows their nodes by. */
export interface TreeNodes {
  readonly trees: readonly Tree[];
  /** Where a leaf's weight belongs; undefined when the file has no such leaf. */
  locate(treeId: number, nodeId: number): { readonly tree: Tree; readonly node: number } | undefined;
}

/** A node's attributes by name. */
export function attributesOf(node: NodeMessage): ReadonlyMap<string, AttributeMessage> {
  const attributes = new Map<string, AttributeMessage>();
  for (const attribute of node.attribute) {
    if (attributes.has(attribute.name))
      throw new ModelFileError(`attribute ${attribute.name} is there twice`);
    attributes.set(attribute.name, attribute);
  }
  return attributes;
}

/**
 * Reads the `nodes_*` attributes of TreeEnsembleClassifier or TreeEnsembleRegressor into trees whose leaf values are
 * still NaN, and checks that they are trees. Conditions other than `<=` and `<` are refused where `anyMode` is false, and only
 * checked for their links where it is true.
 * @throws ModelFileError
 */
export function readTreeNodes(
  attributes: ReadonlyMap<string, AttributeMessage>,
  anyMode: boolean,
): TreeNodes {
  const ids = attributes.get('nodes_nodeids')?.ints ?? [];
  const column = (name: string): readonly number[] =>
    sameLength(name, attributes.get(name)?.ints, ids.length);
  const treeIds = column('nodes_treeids');
  const features = column('nodes_featureids');
  const whenTrue = column('nodes_truenodeids');
  const whenFalse = column('nodes_falsenodeids');
  const modes = sameLength('nodes_modes', attributes.get('nodes_modes')?.strings, ids.length);
  const optional = (name: string, values: readonly number[] | undefined): readonly number[] =>
    values === undefined || values.length === 0 ? [] : sameLength(name, values, ids.length);
  const missing = optional(
    'nodes_missing_value_tracks_true',
    attributes.get('nodes_missing_value_tracks_true')?.ints,
  );
  const thresholds = optional('nodes_values', attributes.get('nodes_values')?.floats);
  const covers = optional('nodes_hitrates', attributes.get('nodes_hitrates')?.floats);

  const rowsOfTree = new Map<number, number[]>();
  for (const [row, treeId] of treeIds.entries()) {
    const rows = rowsOfTree.get(treeId);
    if (rows === undefined) rowsOfTree.set(treeId, [row]);
    // onnxruntime takes the first node of each run of one id for a root.
    else if (treeIds[row - 1] !== treeId)
      throw new ModelFileError(`tree ${treeId} is interrupted by another`);
    else rows.push(row);
  }
  if (rowsOfTree.size === 0) throw new ModelFileError('the tree ensemble has no trees');

  const trees = new Map<number, { tree: Tree; nodeOf: ReadonlyMap<number, number> }>();
  for (const [treeId, rows] of rowsOfTree) {
    const where = `tree ${treeId}`;
    const nodeOf = new Map(rows.map((row, node) => [ids[row] ?? -1, node]));
    if (nodeOf.size !== rows.length) throw new ModelFileError(`${where} has two nodes of one id`);
    const isLeaf = (row: number): boolean => modes[row] === 'LEAF';
    const child = (row: number, ofRow: readonly number[]): number =>
      isLeaf(row) ? -1 : (nodeOf.get(ofRow[row] ?? -1) ?? -1);
    const tree: Tree = {
      feature: Int32Array.from(rows, (row) => (isLeaf(row) ? -1 : int32(features[row] ?? -1, where))),
      threshold: Float32Array.from(rows, (row) =>
        isLeaf(row) || anyMode ? 0 : inclusive(modes[row], thresholds[row], where),
      ),
      missingLeft: Uint8Array.from(rows, (row) => (!isLeaf(row) && missing[row] === 1 ? 1 : 0)),
      left: Int32Array.from(rows, (row) => child(row, whenTrue)),
      right: Int32Array.from(rows, (row) => child(row, whenFalse)),
      value: Float64Array.from(rows, (row) => (isLeaf(row) ? Number.NaN : 0)),
      cover: Float64Array.from(rows, (row) => covers[row] ?? 0),
    };
    checkLinks(rows.length, (node) => isLeaf(rows[node] ?? -1), tree.left, tree.right, where);
    trees.set(treeId, { tree, nodeOf });
  }
  return {
    trees: [...trees.values()].map(({ tree }) => tree),
    locate(treeId, nodeId) {
      const found = trees.get(treeId);
      const node = found?.nodeOf.get(nodeId);
      return found === undefined || node === undefined ? undefined : { tree: found.tree, node };
    },
  };
}

function sameLength<T>(name: string, values: readonly T[] | undefined, length: number): readonly T[] {
  if (values?.length !== length) {
    throw new ModelFileError(`attribute ${name} has ${values?.length ?? 0} values for ${length} tree nodes`);
  }
  return values;
}

function int32(value: number, where: string): number {
  if (value !== (value | 0) || value < 0) throw new ModelFileError(`${where} reads feature ${value}`);
  return value;
}

/** The threshold t' with `x <= t'` exactly where the file's condition holds for the float32 value x. */
function inclusive(mode: string | undefined, threshold: number | undefined, where: string): number {
  if (threshold === undefined) throw new ModelFileError(`${where} has no thresholds`);
  if (mode === 'BRANCH_LEQ') return threshold;
  if (mode === 'BRANCH_LT' && threshold > -Infinity) return floatBelow(threshold);
  throw new ModelFileError(`${where} has a condition ${mode} ${threshold}, which isn't supported`);
}

/** The largest float32 smaller than a float32; a step down in the order of its bits. */
function floatBelow(value: number): number {
  const float = new Float32Array([value]);
  const bits = new Int32Array(float.buffer);
  if (value === 0) bits[0] = 0x8000_0001 | 0;
  else bits[0] = (bits[0] ?? 0) + (value > 0 ? -1 : 1);
  return float[0] ?? Number.NaN;
}
