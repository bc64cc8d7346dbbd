import { latencyBucket } from '../promotion/latency-sketch.ts';
import { scoreBucket } from '../promotion/score-buckets.ts';
import { AccountTally } from './account-list.ts';
import { minuteOf, type RequestsKey, type RequestsRow } from './minute-row.ts';
import type { Countable } from './ports.ts';
import { advance } from './position.ts';

type CountablePrediction = Extract<Countable, { readonly kind: 'prediction' }>;

/** The most accounts of a row: 11 KB. */
export const MAX_FAILED_ACCOUNTS = 2_000;

/**
 * The row that counts a prediction. A fallback counts for the canary that failed, not for the champion that answered,
 * because the canary's share of the accounts is what the two are compared on.
 */
export function requestsKey(partition: string, { time, data }: CountablePrediction): RequestsKey {
  const { model, promotionId, step, fallback } = data;
  const isFallback = fallback !== undefined && !data.pinned;
  return {
    kind: 'requests',
    model,
    version: isFallback ? fallback.version : data.version,
    variant: isFallback ? 'canary' : data.variant,
    ...(promotionId === undefined ? {} : { promotionId }),
    ...(step === undefined ? {} : { step }),
    partition,
    minute: minuteOf(time),
  };
}

/** The row with those of the events that it has not counted; undefined where it has all of them. */
export function countRequests(row: RequestsRow, events: readonly Countable[]): RequestsRow | undefined {
  let { position } = row;
  const counts = { ...row.counts };
  const decisions = { ...row.decisions };
  const scores = { ...row.scores };
  const runTimes = { ...row.runTimes };
  const latencies = { ...row.latencies };
  const failed = new AccountTally(row.failed, MAX_FAILED_ACCOUNTS);
  for (const event of events) {
    const next = event.kind === 'prediction' ? advance(position, event) : undefined;
    if (event.kind !== 'prediction' || next === undefined) continue;
    position = next;
    const { data } = event;
    const outcome = outcomeOf(data);
    counts[outcome] += 1;
    if (outcome === 'ok') {
      if (data.decision !== undefined) decisions[data.decision] += 1;
      if (data.score !== undefined) add(scores, scoreBucket(data.score));
      if (data.modelMs !== undefined) add(runTimes, latencyBucket(data.modelMs));
    }
    if (outcome === 'ok' || outcome === 'fallback') add(latencies, latencyBucket(data.latencyMs));
    if (outcome === 'error' || outcome === 'fallback') failed.add(data.accountHash);
  }
  if (position === row.position) return undefined;
  return { ...row, position, counts, decisions, scores, runTimes, latencies, failed: failed.list() };
}

function outcomeOf(data: CountablePrediction['data']): keyof RequestsRow['counts'] {
  if (data.replayed === true) return 'replayed';
  if (data.pinned) return data.error === undefined ? 'pinned' : 'pinnedError';
  if (data.error !== undefined) return 'error';
  return data.fallback === undefined ? 'ok' : 'fallback';
}

/** One more in a bucket of counts that are the caller's own. */
export function add(counts: Record<string, number>, bucket: number): void {
  counts[bucket] = (counts[bucket] ?? 0) + 1;
}
