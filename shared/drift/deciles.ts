/**
 * The inner deciles of a sample, by linear interpolation between its values, each once.
 * @param sorted in ascending order, at least one value, no NaN
 */
export function decileEdges(sorted: ArrayLike<number>): readonly number[] {
  const edges = new Set<number>();
  for (let tenth = 1; tenth < 10; tenth += 1) {
    // In whole numbers, so that a decile that is one of the values is exactly that value.
    const place = (sorted.length - 1) * tenth;
    const [below, part] = [sorted[Math.floor(place / 10)]!, (place % 10) / 10];
    const above = sorted[Math.ceil(place / 10)]!;
    edges.add(part < 0.5 ? below + (above - below) * part : above - (above - below) * (1 - part));
  }
  return [...edges].sort((left, right) => left - right);
}

/**
 * Rows between the edges: below the first, from each edge (with it) to the next, from the last.
 * @param sorted in ascending order
 * @param edges in ascending order
 * @returns one count more than there are edges
 */
export function countBetween(sorted: ArrayLike<number>, edges: readonly number[]): readonly number[] {
  const counts: number[] = [];
  let before = 0;
  for (const edge of edges) {
    const upTo = firstNotBelow(sorted, edge);
    counts.push(upTo - before);
    before = upTo;
  }
  return [...counts, sorted.length - before];
}

/** The place of the first value that is not below the edge. */
function firstNotBelow(sorted: ArrayLike<number>, edge: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < edge) low = middle + 1;
    else high = middle;
  }
  return low;
}
