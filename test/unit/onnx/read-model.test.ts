import { existsSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import protobuf from 'protobufjs/light.js';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ModelFileError } from '../../../shared/onnx/model-file-error.ts';
import { decodeModel, encodeModel } from '../../../shared/onnx/model-proto.ts';
import { modelProtoType } from '../../../shared/onnx/onnx-schema.ts';
import { inspectModel, readTreeEnsemble } from '../../../shared/onnx/read-model.ts';
import { openScorer } from '../../../shared/onnx/scorer.ts';
import type { TreeEnsemble } from '../../../shared/onnx/tree-ensemble.ts';
import { writeTreeEnsemble } from '../../../shared/onnx/write-model.ts';
import { ensembleWithRows, grow, logistic, rowMajor, type Sketch, walk } from './ensembles.ts';

const small: TreeEnsemble = {
  featureCount: 2,
  baseMargin: -1,
  trees: [grow({ feature: 1, atMost: 0.5, missing: 'left', left: -0.5, right: 0.75 })],
};
const bytes = writeTreeEnsemble(small, ['amount', 'hour'], { run: '7' });

const names = (ensemble: TreeEnsemble): string[] =>
  Array.from({ length: ensemble.featureCount }, (_, index) => `f${index}`);

/** Every number as the file holds it. */
const asFloat32 = (ensemble: TreeEnsemble): TreeEnsemble => ({
  ...ensemble,
  baseMargin: Math.fround(ensemble.baseMargin),
  trees: ensemble.trees.map((tree) => ({
    ...tree,
    value: tree.value.map(Math.fround),
    cover: tree.cover.map(Math.fround),
  })),
});

/** A model around one node, for what no learner writes. */
function modelWith(node: object, graph: object = {}, model: object = {}): Uint8Array {
  return encodeModel({
    ir_version: 8,
    opset_import: [{ domain: '', version: 17 }],
    graph: { node: [{ op_type: 'Identity', input: ['x'], output: ['y'], ...node }], ...graph },
    ...model,
  });
}

/** The written model with some values of its only node's attributes changed. */
function withAttributes(change: Readonly<Record<string, object | undefined>>): Uint8Array {
  const model = decodeModel(bytes);
  const types = new Map(Object.entries(change));
  const node = model.graph?.node[0];
  const attribute = node?.attribute
    .filter(({ name }) => !types.has(name) || types.get(name) !== undefined)
    .map((old) => ({ ...old, ...types.get(old.name) }));
  return encodeModel({ ...model, graph: { ...model.graph, node: [{ ...node, attribute }] } });
}

describe('readTreeEnsemble', () => {
  test('reads back what was written', () => {
    fc.assert(
      fc.property(ensembleWithRows, ({ ensemble }) => {
        expect(readTreeEnsemble(writeTreeEnsemble(ensemble, names(ensemble), {}))).toEqual(
          asFloat32(ensemble),
        );
      }),
    );
  });

  test('reads an ensemble that ends in a tree like the one that writing may append', () => {
    const ensemble = {
      ...small,
      trees: [...small.trees, { ...grow(-(2 ** -100)), cover: Float64Array.of(0) }],
    };
    expect(readTreeEnsemble(writeTreeEnsemble(ensemble, ['a', 'b'], {}))).toEqual(ensemble);
  });

  test('understands packed numbers, which other writers use', () => {
    const json = JSON.stringify(modelProtoType().root.toJSON()).replaceAll('"packed":false', '"packed":true');
    const namespace = z.custom<protobuf.INamespace>().parse(JSON.parse(json));
    const packing = protobuf.Root.fromJSON(namespace).lookupType('onnx.ModelProto');
    const packed = packing.encode(packing.decode(bytes)).finish();
    expect(packed.length).toBeLessThan(bytes.length);
    expect(readTreeEnsemble(packed)).toEqual(small);
  });

  test('turns `<` into the same decisions with `<=`', async () => {
    const float = fc.oneof(
      fc.constantFrom(0, -0, 2 ** -149, -(2 ** -149), 1, -1, Infinity, 3.4028234663852886e38),
      fc.float({ noNaN: true, min: -3.4028234663852886e38 }),
    );
    await fc.assert(
      fc.asyncProperty(float, fc.array(float, { maxLength: 5 }), async (threshold, others) => {
        const strict = withAttributes({
          nodes_modes: { strings: ['BRANCH_LT', 'LEAF', 'LEAF'] },
          nodes_values: { floats: [threshold, 0, 0] },
        });
        const ensemble = readTreeEnsemble(strict);
        const scorer = await openScorer(strict, 2);
        const rows = [threshold, ...others].map((value) => Float32Array.of(0, value));
        const scores = await scorer.score(rowMajor(rows), rows.length);
        await scorer.close();
        for (const [index, row] of rows.entries()) {
          expect(scores[index]).toBeCloseTo(logistic(walk(ensemble, row)), 6);
        }
      }),
      { numRuns: 60 },
    );
  });

  const refused: [string, Parameters<typeof withAttributes>[0], RegExp][] = [
    ['other conditions', { nodes_modes: { strings: ['BRANCH_GT', 'LEAF', 'LEAF'] } }, /BRANCH_GT/],
    ['sums that are no log-odds', { post_transform: { s: 'SOFTMAX' } }, /LOGISTIC/],
    ['other labels', { classlabels_int64s: { ints: [1, 2] } }, /labels are not 0 and 1/],
    ['weights of class 1', { class_ids: { ints: [1, 1] } }, /class id 0/],
    ['weights of inner nodes', { class_nodeids: { ints: [0, 2] } }, /belongs to no leaf/],
    ['too few weights', { class_weights: { floats: [1] } }, /2 values for 1 weights/],
    ['two weights of one leaf', { class_nodeids: { ints: [1, 1] } }, /its leaf's second/],
    [
      'a leaf without a weight',
      {
        class_nodeids: { ints: [1] },
        class_treeids: { ints: [0] },
        class_ids: { ints: [0] },
        class_weights: { floats: [1] },
      },
      /leaf 2 is not a finite/,
    ],
    ['two base values', { base_values: { floats: [1, 1] } }, /more than one base value/],
    ['no covers', { nodes_hitrates: undefined }, /no covers/],
    ['a feature beyond the input', { nodes_featureids: { ints: [7, 0, 0] } }, /feature 7 of 2/],
    ['missing columns', { nodes_treeids: undefined }, /nodes_treeids has 0 values for 3/],
    ['a root inside a cycle', { nodes_truenodeids: { ints: [0, 0, 0] } }, /reached in two ways/],
    ['two nodes of one id', { nodes_nodeids: { ints: [0, 1, 1] } }, /two nodes of one id/],
    ['interrupted trees', { nodes_treeids: { ints: [0, 1, 0] } }, /interrupted/],
  ];
  test.each(refused)('refuses %s', (_, change, message) => {
    const read = (): TreeEnsemble => readTreeEnsemble(withAttributes(change));
    expect(read).toThrow(ModelFileError);
    expect(read).toThrow(message);
  });

  test('refuses a model that is no tree ensemble', () => {
    expect(() => readTreeEnsemble(modelWith({}))).toThrow(/not a single TreeEnsembleClassifier/);
  });

  // xgboost's models with its own margins; the files lie beside the repository on some machines only.
  const reference = new URL('../../../../shared/reference/', import.meta.url);
  const files = ['tree-ensemble', 'tree-ensemble-missing'].filter((name) =>
    existsSync(new URL(`${name}.onnx`, reference)),
  );
  for (const name of files) {
    test(`reads xgboost's ${name} with its margins`, () => {
      const ensemble = readTreeEnsemble(readFileSync(new URL(`${name}.onnx`, reference)));
      const { rows, margin } = z
        .object({ rows: z.array(z.array(z.number().nullable())), margin: z.array(z.number()) })
        .parse(JSON.parse(readFileSync(new URL(`${name}.json`, reference), 'utf8')));
      expect(rows.length).toBeGreaterThan(0);
      for (const [index, row] of rows.entries()) {
        const features = Float32Array.from(row, (value) => value ?? Number.NaN);
        expect(walk(ensemble, features)).toBeCloseTo(margin[index] ?? Number.NaN, 5);
      }
    });
  }
});

/** A node with a subgraph around another. */
const inside = (node: object): object => ({
  op_type: 'If',
  attribute: [{ name: 'then_branch', type: 5, g: { node: [{ op_type: 'Identity', ...node }] } }],
});

describe('inspectModel', () => {
  test('tells inputs, outputs, operators, operator sets, metadata and producer', () => {
    expect(inspectModel(bytes)).toEqual({
      irVersion: 8,
      producer: { name: 'tollgate', version: '' },
      opsets: [
        { domain: 'ai.onnx', version: 17 },
        { domain: 'ai.onnx.ml', version: 3 },
      ],
      inputs: [{ name: 'features', type: 'float', shape: ['N', 2] }],
      outputs: [
        { name: 'label', type: 'int64', shape: ['N'] },
        { name: 'probabilities', type: 'float', shape: ['N', 2] },
      ],
      nodes: [{ opType: 'TreeEnsembleClassifier', domain: 'ai.onnx.ml' }],
      metadata: { run: '7', feature_names: '["amount","hour"]' },
    });
  });

  test('leaves constants out of the inputs and names what is no tensor', () => {
    const inspection = inspectModel(
      modelWith(
        {},
        {
          initializer: [{ name: 'w', dims: [2], data_type: 1 }],
          input: [
            { name: 'x', type: { tensor_type: { elem_type: 11, shape: { dim: [{}, { dim_value: -1 }] } } } },
            { name: 'w' },
          ],
          output: [{ name: 'y', type: { sequence_type: {} } }, { name: 'z' }],
        },
      ),
    );
    expect(inspection.inputs).toEqual([{ name: 'x', type: 'double', shape: [null, null] }]);
    expect(inspection.outputs).toEqual([
      { name: 'y', type: 'sequence', shape: null },
      { name: 'z', type: 'unknown', shape: null },
    ]);
  });

  const outside = { name: 'w', external_data: [{ key: 'location', value: '/etc/passwd' }], data_location: 1 };
  const unsafe: [string, Uint8Array, RegExp][] = [
    ['nothing', new Uint8Array(), /empty/],
    ['text', Buffer.from('{"not": "a model"}'), /not an ONNX model/],
    ['a graph without nodes', encodeModel({ ir_version: 8, graph: { name: 'g' } }), /no graph/],
    ['weights in another file', modelWith({}, { initializer: [outside] }), /another file/],
    ['attributes in another file', modelWith({ attribute: [{ name: 'value', t: outside }] }), /another file/],
    [
      'sparse weights in another file',
      modelWith({}, { sparse_initializer: [{ values: outside }] }),
      /another/,
    ],
    [
      'a subgraph with such weights',
      modelWith(inside({ attribute: [{ name: 'v', t: outside }] })),
      /another/,
    ],
    ['operators of another domain', modelWith({ domain: 'com.evil' }), /domain com.evil/],
    ['such operators in a subgraph', modelWith(inside({ domain: 'com.evil' })), /domain com.evil/],
    ['imports of another domain', modelWith({}, {}, { opset_import: [{ domain: 'x.y' }] }), /domain x.y/],
    ['functions', modelWith({}, {}, { functions: [{ name: 'f' }] }), /functions/],
    ['no operator sets', modelWith({}, {}, { opset_import: [] }), /no operator set/],
    ['the newer tree operator', modelWith({ op_type: 'TreeEnsemble', domain: 'ai.onnx.ml' }), /ai.onnx.ml 5/],
    ['numbers that no double holds', modelWith({}, {}, { ir_version: 2 ** 60 }), /beyond 2\^53/],
  ];
  test.each(unsafe)('refuses %s', (_, file, message) => {
    expect(() => inspectModel(file)).toThrow(ModelFileError);
    expect(() => inspectModel(file)).toThrow(message);
  });

  test('refuses files beyond its limits before it spends memory on them', () => {
    expect(() => inspectModel(bytes, { maxBytes: 100, maxMessages: 1e6 })).toThrow(/at most 100/);
    const many = modelWith({ attribute: Array.from({ length: 5_000 }, () => ({})) });
    expect(() => inspectModel(many, { maxBytes: 1e6, maxMessages: 4_000 })).toThrow(/more than 4000 parts/);
    expect(inspectModel(many, { maxBytes: 1e6, maxMessages: 6_000 }).nodes).toHaveLength(1);
    const verbose = modelWith({ input: Array.from({ length: 5_000 }, () => 'x') });
    expect(inspectModel(verbose, { maxBytes: 1e6, maxMessages: 100 }).nodes).toHaveLength(1);
  });

  test('refuses a chain of nodes that would overflow the stack of onnxruntime', () => {
    let chain: Sketch = 0;
    for (let depth = 0; depth < 2_000; depth += 1) {
      chain = { feature: 0, atMost: depth, missing: 'left', left: chain, right: -1 };
    }
    const deep = grow(chain);
    expect(() => writeTreeEnsemble({ ...small, trees: [deep] }, ['a', 'b'], {})).toThrow(/deeper than 1000/);
    const ids = [...deep.feature.keys()];
    const attribute = [
      { name: 'nodes_nodeids', ints: ids },
      { name: 'nodes_treeids', ints: ids.map(() => 0) },
      { name: 'nodes_featureids', ints: ids.map(() => 0) },
      { name: 'nodes_truenodeids', ints: [...deep.left] },
      { name: 'nodes_falsenodeids', ints: [...deep.right] },
      {
        name: 'nodes_modes',
        strings: [...deep.feature].map((feature) => (feature < 0 ? 'LEAF' : 'BRANCH_GT')),
      },
    ];
    const model = modelWith({ op_type: 'TreeEnsembleRegressor', domain: 'ai.onnx.ml', attribute });
    expect(() => inspectModel(model)).toThrow(/deeper than 1000/);
  });

  test('reads negative and large integers as they are', () => {
    for (const version of [-1, -5, -(2 ** 40), 127, 128, 2 ** 28, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
      const file = modelWith({}, {}, { opset_import: [{ domain: '', version }] });
      expect(inspectModel(file).opsets[0]?.version).toBe(version);
    }
  });
});
