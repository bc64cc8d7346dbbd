import * as fc from 'fast-check';
import type { Tree, TreeEnsemble } from '../../../shared/onnx/tree-ensemble.ts';

/** A tree as a person would write it down: an object with children is a condition, a number is a leaf. */
export type Sketch =
  | number
  | {
      readonly feature: number;
      readonly atMost: number;
      readonly missing: 'left' | 'right';
      readonly left: Sketch;
      readonly right: Sketch;
    };

/** Lays a sketch out as arrays, parents before children; covers count 1 per leaf. */
export function grow(root: Sketch): Tree {
  const nodes: { sketch: Sketch; left: number; right: number; cover: number }[] = [];
  const add = (sketch: Sketch): number => {
    const index = nodes.push({ sketch, left: -1, right: -1, cover: 1 }) - 1;
    if (typeof sketch !== 'number') {
      const left = add(sketch.left);
      const right = add(sketch.right);
      const cover = (nodes[left]?.cover ?? 0) + (nodes[right]?.cover ?? 0);
      nodes[index] = { sketch, left, right, cover };
    }
    return index;
  };
  add(root);
  const inner = nodes.map(({ sketch }) => (typeof sketch === 'number' ? undefined : sketch));
  return {
    feature: Int32Array.from(inner, (condition) => condition?.feature ?? -1),
    threshold: Float32Array.from(inner, (condition) => condition?.atMost ?? 0),
    missingLeft: Uint8Array.from(inner, (condition) => (condition?.missing === 'left' ? 1 : 0)),
    left: Int32Array.from(nodes, ({ left }) => left),
    right: Int32Array.from(nodes, ({ right }) => right),
    value: Float64Array.from(nodes, ({ sketch }) => (typeof sketch === 'number' ? sketch : 0)),
    cover: Float64Array.from(nodes, ({ cover }) => cover),
  };
}

/** The margin of one row by walking the trees, in double precision: the definition in `Tree`, word for word. */
export function walk(ensemble: TreeEnsemble, row: Float32Array): number {
  let margin = Math.fround(ensemble.baseMargin);
  for (const tree of ensemble.trees) {
    let node = 0;
    while (tree.feature[node] !== -1) {
      const x = row[tree.feature[node] ?? 0] ?? Number.NaN;
      const goesLeft = Number.isNaN(x) ? tree.missingLeft[node] === 1 : x <= (tree.threshold[node] ?? 0);
      node = (goesLeft ? tree.left[node] : tree.right[node]) ?? -1;
    }
    margin += Math.fround(tree.value[node] ?? 0);
  }
  return margin;
}

/** Probability of class 1, from the definition of the logistic function. */
export function logistic(margin: number): number {
  return Math.exp(margin) / (1 + Math.exp(margin));
}

/** Numbers at which comparisons go wrong, drawn for thresholds and for inputs alike, so that they often coincide. */
const smallest = 2 ** -149;
const awkward = [
  0,
  -0,
  smallest,
  -smallest,
  2 ** -126,
  1,
  -1,
  0.1,
  3.4028234663852886e38,
  Infinity,
  -Infinity,
];
const number = fc.oneof(fc.constantFrom(...awkward), fc.float({ min: -2, max: 2, noNaN: true }));

const sketch = (width: number, leaf: fc.Arbitrary<number>): fc.Arbitrary<Sketch> =>
  fc.letrec<{ tree: Sketch }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6, depthSize: 'medium' },
      leaf,
      fc.record({
        feature: fc.nat(width - 1),
        atMost: number,
        missing: fc.constantFrom('left' as const, 'right' as const),
        left: tie('tree'),
        right: tie('tree'),
      }),
    ),
  })).tree;

/** Ensembles of up to six trees with rows to score (NaN for missing); in some no leaf is negative. */
export const ensembleWithRows: fc.Arbitrary<{ ensemble: TreeEnsemble; rows: Float32Array[] }> = fc
  .record({ width: fc.integer({ min: 1, max: 4 }), lowest: fc.constantFrom(-1, 0, Math.fround(0.1)) })
  .chain(({ width, lowest }) =>
    fc.record({
      ensemble: fc.record({
        featureCount: fc.constant(width),
        baseMargin: fc.float({ min: -3, max: 3, noNaN: true }),
        trees: fc.array(sketch(width, fc.float({ min: lowest, max: 1, noNaN: true })).map(grow), {
          maxLength: 6,
        }),
      }),
      rows: fc.array(
        fc
          .array(fc.oneof(number, fc.constant(Number.NaN)), { minLength: width, maxLength: width })
          .map((values) => Float32Array.from(values)),
        { minLength: 1, maxLength: 20 },
      ),
    }),
  );

/** Rows one after the other. */
export function rowMajor(rows: readonly Float32Array[]): Float32Array {
  return Float32Array.from(rows.flatMap((row) => [...row]));
}
