import { setTimeout as sleep } from 'node:timers/promises';
import type { EventHubConsumerClient, EventPosition, ReceivedEventData } from '@azure/event-hubs';
import { pause } from '../retry.ts';

/** What becomes of what a receiver gets. */
export interface ReceiverHandlers {
  /** Where to begin; asked again when the place is gone. */
  startPosition(): Promise<EventPosition>;
  /** Takes events; the promise, if there is one, says when there is room for more. */
  received(events: readonly ReceivedEventData[]): Promise<void> | undefined;
  /** Another reader has taken the partition. */
  stolen(): void;
  problem(error: unknown): void;
}

export interface ReceiverOptions {
  /** Events that are fetched ahead, at least. */
  readonly prefetch: number;
  /**
   * Milliseconds until the next read where there were fewer events. A read costs as much as many events, and by itself
   * the client does up to 50 of them a second.
   */
  readonly pace: number;
  /**
   * A reader is alone on its partition: it takes the place of those with a lower epoch, and they cannot come back.
   * Above 0, which this client does not send.
   */
  readonly epoch: number;
}

const reconnectAfter = 250;
/** The client notices only between two reads that it has lost its connection. */
const longestRead = 500;
/** Between attempts that the broker refuses for good reasons. */
const refusedAfter = 2_000;
/**
 * How long a full buffer may keep the link waiting until it is closed. The client grants new credit with each read,
 * beside what is left of the old, so that an open link that nobody reads from takes in events without end.
 */
const stallAfter = 1_000;
type End =
  | { readonly why: 'ended' }
  | { readonly why: 'stalled'; readonly room: Promise<void> }
  | { readonly why: 'failed'; readonly error: unknown };

/** Reads one partition, over broken connections and restarts of the broker. */
export class PartitionReceiver {
  readonly #client: Pick<EventHubConsumerClient, 'subscribe'>;
  readonly #partition: string;
  readonly #options: ReceiverOptions;
  readonly #handlers: ReceiverHandlers;
  #position: EventPosition | undefined;

  constructor(
    client: Pick<EventHubConsumerClient, 'subscribe'>,
    partition: string,
    options: ReceiverOptions,
    handlers: ReceiverHandlers,
  ) {
    this.#client = client;
    this.#partition = partition;
    this.#options = options;
    this.#handlers = handlers;
  }

  /** Reads until the signal is aborted or the partition is stolen. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const end = await this.#attempt(signal);
      if (end.why === 'stalled') await end.room;
      if (end.why !== 'failed') continue;
      const { error } = end;
      if (codeOf(error) === 'ReceiverDisconnectedError') {
        this.#handlers.stolen();
        return;
      }
      this.#handlers.problem(error);
      const refused = isRefusal(error);
      // The hub may be another one by now. What the checkpoint says goes.
      if (refused) this.#position = undefined;
      await pause(refused ? refusedAfter : reconnectAfter, signal);
    }
  }

  async #attempt(signal: AbortSignal): Promise<End> {
    try {
      this.#position ??= await this.#handlers.startPosition();
      return await this.#receive(this.#position, signal);
    } catch (error) {
      return { why: 'failed', error };
    }
  }

  async #receive(startPosition: EventPosition, signal: AbortSignal): Promise<End> {
    if (signal.aborted) return { why: 'ended' };
    const { promise, resolve } = Promise.withResolvers<End>();
    let over = false;
    const end = (how: End): void => {
      over = true;
      resolve(how);
    };
    const abort = (): void => end({ why: 'ended' });
    signal.addEventListener('abort', abort, { once: true });
    const { prefetch, pace, epoch } = this.#options;
    const subscription = this.#client.subscribe(
      this.#partition,
      {
        processEvents: async (events) => {
          const last = events.at(-1);
          // What the client still had when this was over is read again from the position.
          if (over || last === undefined) return;
          this.#position = { sequenceNumber: last.sequenceNumber, isInclusive: false };
          const room = this.#handlers.received(events);
          if (room !== undefined && !(await within(room, stallAfter))) end({ why: 'stalled', room });
          else if (pace > 0 && events.length < prefetch) await pause(pace, signal);
        },
        // The client has tried again by itself when it tells.
        processError: async (error) => {
          if (!over) end({ why: 'failed', error });
          return Promise.resolve();
        },
      },
      {
        startPosition,
        ownerLevel: epoch,
        maxBatchSize: prefetch,
        maxWaitTimeInSeconds: longestRead / 1_000,
        prefetchCount: prefetch,
        skipParsingBodyAsJson: true,
      },
    );
    const how = await promise;
    signal.removeEventListener('abort', abort);
    const closed = subscription.close();
    if (how.why !== 'failed') await closed;
    // A link of a connection that is broken may take long to close.
    else closed.catch((error: unknown) => this.#handlers.problem(error));
    return how;
  }
}

/** The error that counts: the client wraps those of its attempts. */
export function lastError(error: unknown): unknown {
  if (!(error instanceof AggregateError)) return error;
  const attempts: readonly unknown[] = error.errors;
  return attempts.at(-1) ?? error;
}

/** Whether the broker does not accept the position: it lies behind the end of the partition. */
export function isRefusal(error: unknown): boolean {
  return codeOf(error) === 'ArgumentError';
}

function codeOf(error: unknown): unknown {
  const last = lastError(error);
  return typeof last === 'object' && last !== null && 'code' in last ? last.code : undefined;
}

async function within(event: Promise<void>, milliseconds: number): Promise<boolean> {
  const giveUp = new AbortController();
  const happened = (async () => {
    await event;
    return true;
  })();
  try {
    return await Promise.race([happened, sleep(milliseconds, false, { signal: giveUp.signal })]);
  } finally {
    giveUp.abort();
  }
}
