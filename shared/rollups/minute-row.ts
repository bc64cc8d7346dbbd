import { z } from 'zod';
import { promotionIdSchema } from '../events/shadow-event-schema.ts';
import { bucketCountsSchema } from '../promotion/bucket-counts.ts';
import { modelNameSchema, versionSchema } from '../registry/rows.ts';
import { accountListSchema, NO_ACCOUNTS } from './account-list.ts';
import { NOWHERE, positionSchema } from './position.ts';

/**
 * What one minute of one partition of the hub held, of one version in one role. A row is written by whoever collects
 * the partition, grows while events of its minute arrive, and takes at most 50 KB.
 */

export const MINUTE_MS = 60_000;

const count = z.int().nonnegative();

const rowKey = {
  model: modelNameSchema,
  version: versionSchema,
  /** Absent where no promotion ran. */
  promotionId: promotionIdSchema.optional(),
  step: count.optional(),
  /** Of the hub. */
  partition: z.string(),
  /** The start of the minute in which the predictions were made; milliseconds since 1970-01-01T00:00Z. */
  minute: z.int().nonnegative(),
};

/** The requests that were assigned to a version: each is in one of the counts, and in one row. */
export const requestCountsSchema = z.object({
  /** Answered by the version itself. */
  ok: count,
  error: count,
  /** Answered by the champion, because this version, a canary, failed. */
  fallback: count,
  /** The caller had chosen the version: evidence of nothing. */
  pinned: count,
  pinnedError: count,
  /** Sent again from the spill, perhaps a second time: they enter no other count. */
  replayed: count,
});
export type RequestCounts = z.infer<typeof requestCountsSchema>;

export const requestSumsSchema = z.object({
  counts: requestCountsSchema,
  /** Of those that the version answered itself, as are the scores and run times. */
  decisions: z.object({ approve: count, review: count, block: count }),
  /** By `scoreBucket`. */
  scores: bucketCountsSchema,
  /** The model's own time for a row, by `latencyBucket`. */
  runTimes: bucketCountsSchema,
  /** From the request's arrival to its event, by `latencyBucket`; fallbacks too. */
  latencies: bucketCountsSchema,
});
export type RequestSums = z.infer<typeof requestSumsSchema>;

export const requestsRowSchema = z.object({
  kind: z.literal('requests'),
  ...rowKey,
  variant: z.enum(['champion', 'canary']),
  position: positionSchema,
  ...requestSumsSchema.shape,
  /** Accounts of errors and fallbacks. */
  failed: accountListSchema,
});
export type RequestsRow = z.infer<typeof requestsRowSchema>;

/** What was requested of a version in a minute, of one partition. */
export const requestCountsOfMinuteSchema = requestsRowSchema.pick({
  version: true,
  variant: true,
  minute: true,
  counts: true,
});
export type RequestCountsOfMinute = z.infer<typeof requestCountsOfMinuteSchema>;

/** What a version made of a row, in the order of `PairSums.table`. */
export const OUTCOMES = ['approve', 'review', 'block', 'error'] as const;

/** Rows on which one version showed something and the other did not. */
const discordantSchema = z.object({ candidateOnly: accountListSchema, championOnly: accountListSchema });

export const pairSumsSchema = z.object({
  /** Sent again from the spill, perhaps a second time: they enter no other count. */
  replayed: count,
  /** Of the pairs, by who answered the caller. */
  served: z.object({ champion: count, canary: count }),
  /** Rows by both outcomes: at `4 × champion + candidate`, each a place in `OUTCOMES`. */
  table: z.array(count).length(OUTCOMES.length ** 2),
  /** Of the rows that both scored, by `scoreBucket`. */
  scores: z.object({ champion: bucketCountsSchema, candidate: bucketCountsSchema }),
});
export type PairSums = z.infer<typeof pairSumsSchema>;

/** The rows that a candidate (`version`) and the champion both were given. */
export const pairsRowSchema = z.object({
  kind: z.literal('pairs'),
  ...rowKey,
  promotionId: promotionIdSchema,
  step: count,
  position: positionSchema,
  ...pairSumsSchema.shape,
  accounts: z.object({ errors: discordantSchema, flagged: discordantSchema, blocked: discordantSchema }),
});
export type PairsRow = z.infer<typeof pairsRowSchema>;

export const minuteRowSchema = z.discriminatedUnion('kind', [requestsRowSchema, pairsRowSchema]);
export type MinuteRow = z.infer<typeof minuteRowSchema>;

/** What tells a row from all others. */
export type RequestsKey = Pick<
  RequestsRow,
  'kind' | 'model' | 'version' | 'variant' | 'promotionId' | 'step' | 'partition' | 'minute'
>;
export type PairsKey = Pick<
  PairsRow,
  'kind' | 'model' | 'version' | 'promotionId' | 'step' | 'partition' | 'minute'
>;
export type RowKey = RequestsKey | PairsKey;

/** The Cosmos partition of a row. */
export function shardOf({
  model,
  partition,
}: {
  readonly model: string;
  readonly partition: string;
}): string {
  return `${model}:${partition}`;
}

/** The start of the minute that a time lies in. */
export function minuteOf(time: number): number {
  return time - (time % MINUTE_MS);
}

/** A row's id within its shard. */
export function rowId(key: RowKey): string {
  const role = key.kind === 'pairs' ? 'pairs' : key.variant;
  return `${key.minute}:${role}:${key.version}:${key.promotionId ?? ''}:${key.step ?? ''}`;
}

/** A row that has counted nothing. */
export function emptyRow(key: RequestsKey): RequestsRow;
export function emptyRow(key: PairsKey): PairsRow;
export function emptyRow(key: RowKey): MinuteRow;
export function emptyRow(key: RowKey): MinuteRow {
  if (key.kind === 'requests') return { ...key, position: NOWHERE, ...NO_REQUESTS, failed: NO_ACCOUNTS };
  const none = { candidateOnly: NO_ACCOUNTS, championOnly: NO_ACCOUNTS };
  return { ...key, position: NOWHERE, ...NO_PAIRS, accounts: { errors: none, flagged: none, blocked: none } };
}

export const NO_REQUESTS: RequestSums = {
  counts: { ok: 0, error: 0, fallback: 0, pinned: 0, pinnedError: 0, replayed: 0 },
  decisions: { approve: 0, review: 0, block: 0 },
  scores: {},
  runTimes: {},
  latencies: {},
};

export const NO_PAIRS: PairSums = {
  replayed: 0,
  served: { champion: 0, canary: 0 },
  table: Array.from({ length: OUTCOMES.length ** 2 }, () => 0),
  scores: { champion: {}, candidate: {} },
};
