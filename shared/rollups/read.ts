import { mergeCounts } from '../promotion/bucket-counts.ts';
import {
  type MinuteRow,
  minuteRowSchema,
  NO_PAIRS,
  NO_REQUESTS,
  type PairSums,
  type RequestCountsOfMinute,
  requestCountsOfMinuteSchema,
  type RequestSums,
} from './minute-row.ts';
import type { MinutesQuery, RollupRows } from './ports.ts';

/**
 * The minute rows of a model, or of one promotion of it, from all partitions of the hub.
 * @throws Failure `unavailable`
 */
export async function readMinutes(rows: RollupRows, query: MinutesQuery): Promise<MinuteRow[]> {
  const found: MinuteRow[] = [];
  for await (const value of rows.find(query)) found.push(minuteRowSchema.parse(value));
  return found;
}

/**
 * How many requests there were in each minute, for those who look at a whole day: one entry for each version, role,
 * promotion, step and partition.
 * @throws Failure `unavailable`
 */
export async function readRequestCounts(
  rows: RollupRows,
  query: MinutesQuery,
): Promise<RequestCountsOfMinute[]> {
  const found: RequestCountsOfMinute[] = [];
  for await (const value of rows.findCounts(query)) found.push(requestCountsOfMinuteSchema.parse(value));
  return found;
}

/** Sums of the rows of one version in one role. */
export interface VersionSums {
  readonly version: string;
  readonly variant: 'champion' | 'canary';
  readonly sums: RequestSums;
}

/** What was requested of each version in each role, over all minutes, promotions and partitions of the rows. */
export function sumByVersion(rows: readonly MinuteRow[]): VersionSums[] {
  const found = new Map<string, VersionSums>();
  for (const row of rows) {
    if (row.kind !== 'requests') continue;
    const { version, variant } = row;
    const name = `${version} ${variant}`;
    const sums = mergeRequests(found.get(name)?.sums ?? NO_REQUESTS, row);
    found.set(name, { version, variant, sums });
  }
  return [...found.values()];
}

/** Adds up. In any order and grouping the result is the same. */
export function mergeRequests(left: RequestSums, right: RequestSums): RequestSums {
  const counts = { ...left.counts };
  counts.ok += right.counts.ok;
  counts.error += right.counts.error;
  counts.fallback += right.counts.fallback;
  counts.pinned += right.counts.pinned;
  counts.pinnedError += right.counts.pinnedError;
  counts.replayed += right.counts.replayed;
  return {
    counts,
    decisions: {
      approve: left.decisions.approve + right.decisions.approve,
      review: left.decisions.review + right.decisions.review,
      block: left.decisions.block + right.decisions.block,
    },
    scores: mergeCounts(left.scores, right.scores),
    runTimes: mergeCounts(left.runTimes, right.runTimes),
    latencies: mergeCounts(left.latencies, right.latencies),
  };
}

/** Adds up. In any order and grouping the result is the same. */
export function mergePairSums(left: PairSums, right: PairSums): PairSums {
  return {
    replayed: left.replayed + right.replayed,
    served: {
      champion: left.served.champion + right.served.champion,
      canary: left.served.canary + right.served.canary,
    },
    table: left.table.map((count, cell) => count + (right.table[cell] ?? 0)),
    scores: {
      champion: mergeCounts(left.scores.champion, right.scores.champion),
      candidate: mergeCounts(left.scores.candidate, right.scores.candidate),
    },
  };
}

/** The pairs of all rows. */
export function sumOfPairs(rows: readonly MinuteRow[]): PairSums {
  return rows.reduce<PairSums>(
    (sum, row) => (row.kind === 'pairs' ? mergePairSums(sum, row) : sum),
    NO_PAIRS,
  );
}
