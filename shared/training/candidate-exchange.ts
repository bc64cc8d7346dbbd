import type { Split } from './split.ts';

/** Nodes whose splits are searched together: the two children of the node split last. */
const NODES = 2;

/** Numbers of a split: gain (-1 for no split), feature, bin, missingLeft, and the left child's three sums. */
const CELLS = 7;

/** Cells that an exchange needs in shared memory: two rounds, since a slow thread may still read the last one. */
export function candidateCells(threads: number): number {
  return 2 * threads * NODES * CELLS;
}

/** Given the best splits of this thread's features, one for each node, returns the best over all threads'. */
export type ExchangeSplits = (own: readonly (Split | undefined)[]) => (Split | undefined)[];

/**
 * Every thread puts its candidates into shared memory, waits for the others, and picks the same best of them: the
 * highest gain, then the lowest thread, whose features come first. So the choice is that of a single thread.
 */
export function createSplitExchange(
  cells: Float64Array,
  thread: number,
  threads: number,
  barrier: () => void,
): ExchangeSplits {
  let round = 0;
  return (own) => {
    const base = round * threads * NODES * CELLS;
    round = 1 - round;
    own.forEach((split, node) => writeSplit(cells, base + (thread * NODES + node) * CELLS, split));
    barrier();
    return own.map((_, node) => {
      let best: Split | undefined;
      for (let other = 0; other < threads; other += 1) {
        const split = readSplit(cells, base + (other * NODES + node) * CELLS);
        if (split && (!best || split.gain > best.gain)) best = split;
      }
      return best;
    });
  };
}

function writeSplit(cells: Float64Array, at: number, split: Split | undefined): void {
  if (!split) {
    cells[at] = -1;
    return;
  }
  const { gain, feature, bin, missingLeft, left } = split;
  cells.set([gain, feature, bin, missingLeft ? 1 : 0, left.gradient, left.hessian, left.count], at);
}

function readSplit(cells: Float64Array, at: number): Split | undefined {
  const [gain, feature, bin, missingLeft, gradient, hessian, count] = cells.subarray(at, at + CELLS);
  if (gain! < 0) return undefined;
  return {
    gain: gain!,
    feature: feature!,
    bin: bin!,
    missingLeft: missingLeft === 1,
    left: { gradient: gradient!, hessian: hessian!, count: count! },
  };
}
