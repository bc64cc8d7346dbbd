import type { LabelledMatrix } from '../../../shared/training/matrix.ts';
import type { Tree } from '../../../shared/onnx/tree-ensemble.ts';

/**
 * Rows made by integer arithmetic, the same in any language: a feature of 2,003 different values, one of 40, one of
 * 997; the first and the third with missing values, those of the first being informative.
 */
export function makeRows(rows: number): LabelledMatrix {
  const values = new Float32Array(rows * 3);
  const y = new Uint8Array(rows);
  for (let i = 0; i < rows; i += 1) {
    const a = ((i * 7919) % 2003) / 2003;
    const b = (((i * i * 31 + i * 17) % 1009) % 40) / 4;
    const c = ((i * 104729) % 997) / 997;
    const noise = ((i * i * 7 + i * 13) % 101) / 101;
    const missing = (i * 5) % 23 === 0;
    values.set([missing ? Number.NaN : a, b, (i * 3) % 29 === 0 ? Number.NaN : c], i * 3);
    const signal = (a * 2 + Math.sin(b) + (c > 0.5 && a < 0.3 ? 1 : 0)) * 0.5;
    y[i] = Number(missing ? noise < 0.7 : signal + noise > 1.2);
  }
  return { x: { rows, columns: 3, values }, y };
}

/** One column and its labels. */
export function oneColumn(values: readonly number[], labels: readonly number[]): LabelledMatrix {
  return {
    x: { rows: values.length, columns: 1, values: Float32Array.from(values) },
    y: Uint8Array.from(labels),
  };
}

/** A tree of one inner node that asks for the first feature. */
export function stump(threshold: number, missingLeft: boolean, left: number, right: number): Tree {
  return {
    feature: Int32Array.of(0, -1, -1),
    threshold: Float32Array.of(threshold, 0, 0),
    missingLeft: Uint8Array.of(Number(missingLeft), 0, 0),
    left: Int32Array.of(1, -1, -1),
    right: Int32Array.of(2, -1, -1),
    value: Float64Array.of(0, left, right),
    cover: Float64Array.of(2, 1, 1),
  };
}
