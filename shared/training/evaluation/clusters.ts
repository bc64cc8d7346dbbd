/** Rows that belong together: those of one account are no independent witnesses. */
export interface Clusters {
  /** The cluster of each row, counted from 0. */
  readonly of: Int32Array;
  readonly count: number;
}

/** Rows with the same key are one cluster, in the order of their first rows; a row without a key is one of its own. */
export function clustersOf(keys: readonly (string | undefined)[]): Clusters {
  const numbers = new Map<string, number>();
  let count = 0;
  const of = Int32Array.from(keys, (key) => {
    const known = key === undefined ? undefined : numbers.get(key);
    if (known !== undefined) return known;
    if (key !== undefined) numbers.set(key, count);
    count += 1;
    return count - 1;
  });
  return { of, count };
}

/** Every row is a cluster of its own. */
export function singleRows(rows: number): Clusters {
  return { of: Int32Array.from({ length: rows }, (_, row) => row), count: rows };
}
