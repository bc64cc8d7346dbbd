import type { Tree } from '../onnx/tree-ensemble.ts';

/** The condition of an inner node: `x[feature] <= threshold`, or missing and `missingLeft`, goes left. */
export interface Condition {
  readonly feature: number;
  readonly threshold: number;
  readonly missingLeft: boolean;
}

interface Node {
  readonly cover: number;
  value: number;
  inner: (Condition & { readonly left: number; readonly right: number }) | undefined;
}

/** Collects a tree's nodes while it grows. */
export interface TreeBuilder {
  /** Adds a leaf and returns its number. */
  addLeaf(value: number, cover: number): number;
  /** Turns a leaf into an inner node. */
  split(leaf: number, condition: Condition, left: number, right: number): void;
  build(): Tree;
}

export function createTreeBuilder(): TreeBuilder {
  const nodes: Node[] = [];
  return {
    addLeaf: (value, cover) => nodes.push({ value, cover, inner: undefined }) - 1,
    split: (leaf, condition, left, right) => {
      const node = nodes[leaf]!;
      node.inner = { ...condition, left, right };
      node.value = 0;
    },
    build: () => ({
      feature: Int32Array.from(nodes, ({ inner }) => inner?.feature ?? -1),
      threshold: Float32Array.from(nodes, ({ inner }) => inner?.threshold ?? 0),
      missingLeft: Uint8Array.from(nodes, ({ inner }) => Number(inner?.missingLeft ?? false)),
      left: Int32Array.from(nodes, ({ inner }) => inner?.left ?? -1),
      right: Int32Array.from(nodes, ({ inner }) => inner?.right ?? -1),
      value: Float64Array.from(nodes, ({ value }) => value),
      cover: Float64Array.from(nodes, ({ cover }) => cover),
    }),
  };
}
