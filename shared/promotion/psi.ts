import { type BucketCounts, quantileBucket, totalCount } from './bucket-counts.ts';

export interface ScoreShift {
  /** The population stability index less what sampling alone adds to it. */
  readonly psi: number;
  readonly standardError: number;
  readonly bins: number;
}

/**
 * The last bucket of each bin but the last one: the deciles of the reference. A bucket that holds several deciles is a
 * bin of its own, so that scores on either side of it are told apart.
 */
export function decileEdges(reference: BucketCounts): readonly number[] {
  const edges = new Set<number>();
  for (let tenth = 1; tenth < 10; tenth += 1) {
    const bucket = quantileBucket(reference, tenth / 10);
    if (bucket === undefined) continue;
    if (edges.has(bucket)) edges.add(bucket - 1);
    edges.add(bucket);
  }
  return [...edges].sort((left, right) => left - right);
}

/**
 * How far the candidate's scores lie from the champion's: the population stability index, with the expected value that
 * it has where nothing changed taken off, and its standard error, which keeps the variance of that part.
 *
 * Yurdakul and Naranjo, Statistical properties of the population stability index, 2020.
 */
export function scoreShift(
  champion: BucketCounts,
  candidate: BucketCounts,
  edges: readonly number[],
): ScoreShift {
  const bins = edges.length + 1;
  const [nA, nB] = [totalCount(champion), totalCount(candidate)];
  const p = shares(champion, edges, nA);
  const q = shares(candidate, edges, nB);
  const noise = (bins - 1) * (1 / nA + 1 / nB);
  let psi = -noise;
  for (let bin = 0; bin < bins; bin += 1) psi += (q[bin]! - p[bin]!) * Math.log(q[bin]! / p[bin]!);
  const variance =
    varianceOf(q, (bin) => Math.log(q[bin]! / p[bin]!) + 1 - p[bin]! / q[bin]!) / nB +
    varianceOf(p, (bin) => -Math.log(q[bin]! / p[bin]!) + 1 - q[bin]! / p[bin]!) / nA +
    2 * (bins - 1) * (1 / nA + 1 / nB) ** 2;
  return { psi, standardError: Math.sqrt(variance), bins };
}

/** The share of each bin, with half a row added to each so that none is zero. */
function shares(counts: BucketCounts, edges: readonly number[], n: number): readonly number[] {
  const bins = Array.from({ length: edges.length + 1 }, () => 0.5);
  for (const [bucket, count] of Object.entries(counts)) {
    const bin = edges.findIndex((edge) => Number(bucket) <= edge);
    bins[bin === -1 ? edges.length : bin]! += count;
  }
  return bins.map((count) => count / (n + bins.length / 2));
}

function varianceOf(weights: readonly number[], value: (bin: number) => number): number {
  let mean = 0;
  let square = 0;
  for (let bin = 0; bin < weights.length; bin += 1) {
    mean += weights[bin]! * value(bin);
    square += weights[bin]! * value(bin) ** 2;
  }
  return Math.max(0, square - mean * mean);
}
