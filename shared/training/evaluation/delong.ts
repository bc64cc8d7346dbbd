import type { Clusters } from './clusters.ts';

/** Areas under the ROC curve of several versions on the same rows, with their covariances. */
export interface DeLong {
  readonly aucs: readonly number[];
  readonly covariance: readonly (readonly number[])[];
}

/** A version's area, and for each row the share of the other class that it is ranked rightly against. */
interface Placements {
  readonly auc: number;
  readonly of: Float64Array;
}

/**
 * The areas under ROC curves and their covariance matrix (DeLong, DeLong, Clarke-Pearson, "Comparing the areas under two
 * or more correlated receiver operating characteristic curves", 1988), by midranks in O(n log n) (Sun, Xu, "Fast
 * implementation of DeLong's algorithm", 2014).
 *
 * With clusters, what a cluster's rows contribute is summed before it is squared, because an account's rows are no
 * independent witnesses (Obuchowski, "Nonparametric analysis of clustered ROC curve data", 1997).
 *
 * @param scores one array per version
 * @returns NaN where a class is missing (areas) or has a single row (covariances)
 */
export function delong(y: Uint8Array, scores: readonly Float64Array[], clusters?: Clusters): DeLong {
  const positives = Uint32Array.from(y.keys()).filter((row) => y[row] === 1);
  const negatives = Uint32Array.from(y.keys()).filter((row) => y[row] !== 1);
  const all = scores.map((version) => placements(version, positives, negatives));
  const covariance = all.map((a) =>
    all.map((b) =>
      clusters === undefined
        ? classCovariance(a, b, positives) / positives.length +
          classCovariance(a, b, negatives) / negatives.length
        : clusterCovariance(a, b, y, clusters),
    ),
  );
  return { aucs: all.map(({ auc }) => auc), covariance };
}

function placements(scores: Float64Array, positives: Uint32Array, negatives: Uint32Array): Placements {
  const [m, n] = [positives.length, negatives.length];
  const ranks = midranks(scores, Uint32Array.from(scores.keys()));
  const own = [midranks(scores, positives), midranks(scores, negatives)] as const;
  const of = new Float64Array(scores.length);
  let sum = 0;
  for (const row of positives) {
    of[row] = (ranks[row]! - own[0][row]!) / n;
    sum += of[row];
  }
  for (const row of negatives) of[row] = 1 - (ranks[row]! - own[1][row]!) / m;
  return { auc: sum / m, of };
}

/** Ranks of the given rows among themselves, from 1, by row number; equal scores share the mean of their ranks. */
function midranks(scores: Float64Array, rows: Uint32Array): Float64Array {
  const order = rows.slice().sort((a, b) => scores[a]! - scores[b]!);
  const ranks = new Float64Array(scores.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) end += 1;
    for (let at = start; at < end; at += 1) ranks[order[at]!] = (start + end + 1) / 2;
    start = end;
  }
  return ranks;
}

function classCovariance(a: Placements, b: Placements, rows: Uint32Array): number {
  let sum = 0;
  for (const row of rows) sum += (a.of[row]! - a.auc) * (b.of[row]! - b.auc);
  return rows.length < 2 ? Number.NaN : sum / (rows.length - 1);
}

function clusterCovariance(a: Placements, b: Placements, y: Uint8Array, { of, count }: Clusters): number {
  const m = y.reduce((sum, label) => sum + label, 0);
  const [sumsA, sumsB] = [new Float64Array(count), new Float64Array(count)];
  for (let row = 0; row < y.length; row += 1) {
    const size = y[row] === 1 ? m : y.length - m;
    const cluster = of[row]!;
    sumsA[cluster]! += (a.of[row]! - a.auc) / size;
    sumsB[cluster]! += (b.of[row]! - b.auc) / size;
  }
  let sum = 0;
  for (let cluster = 0; cluster < count; cluster += 1) sum += sumsA[cluster]! * sumsB[cluster]!;
  return (sum * count) / (count - 1);
}
