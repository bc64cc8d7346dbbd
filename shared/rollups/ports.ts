import type { EventFacts } from '../events/read-event.ts';
import type { Stored } from '../registry/ports.ts';
import type { Place } from './position.ts';

/** An event to be counted, with its place in the partition that it came from. */
export type Countable = Place & EventFacts;

/** Counts events, each exactly once however often it is given. */
export interface EventCounter {
  /**
   * @param partition of the hub
   * @param events in the order of the partition
   * @throws Failure `unavailable` where some may not have been counted: all of them are to be given again
   */
  count(partition: string, events: readonly Countable[]): Promise<void>;
}

/**
 * The minute rows' container, partitioned by shard. Every call ends within the adapter's bound; a service that does not
 * answer is a `Failure` of kind `unavailable`.
 */
export interface RollupRows {
  read(shard: string, id: string): Promise<Stored | undefined>;
  /** Creates a row. @returns its ETag; undefined where one of this id exists already. */
  create(shard: string, id: string, value: object): Promise<string | undefined>;
  /** Replaces a row. @returns its ETag; undefined where `etag` is not that of the row any more. */
  replace(shard: string, id: string, value: object, etag: string): Promise<string | undefined>;
  /** Rows of all shards, in no order. */
  find(query: MinutesQuery): AsyncIterable<unknown>;
  /** Of rows of requests, the `RequestCountsOfMinute` alone: a hundredth of a day's bytes. */
  findCounts(query: MinutesQuery): AsyncIterable<unknown>;
}

export interface MinutesQuery {
  readonly model: string;
  /** Only rows of this promotion. */
  readonly promotionId?: string | undefined;
  /** Minutes that begin at this time or later; milliseconds since 1970-01-01T00:00Z. */
  readonly from: number;
  /** Minutes that begin before this time. */
  readonly to: number;
}
