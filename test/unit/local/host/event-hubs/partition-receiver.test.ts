import type {
  EventHubConsumerClient,
  EventPosition,
  PartitionContext,
  ReceivedEventData,
  SubscribeOptions,
  SubscriptionEventHandlers,
} from '@azure/event-hubs';
import { describe, expect, it, vi } from 'vitest';
import { PartitionReceiver } from '../../../../../local/host/event-hubs/partition-receiver.ts';

interface Read {
  readonly handlers: SubscriptionEventHandlers;
  readonly options: SubscribeOptions;
  open: boolean;
}

/** A client whose reads the test plays. */
function scriptedClient() {
  const reads: Read[] = [];
  function subscribe(
    partition: string | SubscriptionEventHandlers,
    handlers?: SubscriptionEventHandlers | SubscribeOptions,
    options: SubscribeOptions = {},
  ) {
    if (partition !== '0' || handlers === undefined || !('processEvents' in handlers)) throw new TypeError();
    const read: Read = { handlers, options, open: true };
    reads.push(read);
    return {
      isRunning: true,
      close: async () => {
        read.open = false;
        return Promise.resolve();
      },
    };
  }
  return { client: { subscribe } satisfies Pick<EventHubConsumerClient, 'subscribe'>, reads };
}

const context: PartitionContext = {
  fullyQualifiedNamespace: '',
  eventHubName: '',
  consumerGroup: '',
  partitionId: '0',
  updateCheckpoint: async () => Promise.resolve(),
};

function event(sequenceNumber: number): ReceivedEventData {
  return {
    body: undefined,
    sequenceNumber,
    offset: String(sequenceNumber),
    enqueuedTimeUtc: new Date(0),
    partitionKey: null,
    getRawAmqpMessage: () => ({ body: undefined }),
  };
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

interface Setup {
  readonly room?: Promise<void>;
  readonly positions?: readonly EventPosition[];
}

function start({ room, positions = [{ offset: '7' }] }: Setup) {
  const { client, reads } = scriptedClient();
  const left = [...positions];
  const received: number[] = [];
  const told: string[] = [];
  const handlers = {
    startPosition: async () => Promise.resolve(left.shift() ?? { offset: '-1' }),
    received: (events: readonly ReceivedEventData[]) => {
      received.push(...events.map(({ sequenceNumber }) => sequenceNumber));
      return room;
    },
    stolen: () => {
      told.push('stolen');
    },
    problem: (error: unknown) => {
      told.push(String(error));
    },
  };
  const receiver = new PartitionReceiver(client, '0', { prefetch: 10, pace: 0, epoch: 1 }, handlers);
  const ending = new AbortController();
  const running = receiver.run(ending.signal);
  return { reads, received, told, ending, running };
}

const starts = (reads: readonly Read[]) => reads.map(({ options }) => options.startPosition);

/** Resolves when there have been so many reads. */
async function until(reads: readonly Read[], count: number): Promise<void> {
  await vi.waitFor(() => expect(reads).toHaveLength(count), { timeout: 5_000 });
}

describe.concurrent('a receiver', () => {
  it('reads on behind the last event after an error of the connection', async () => {
    const { reads, received, told, ending, running } = start({});
    await until(reads, 1);
    await reads[0]?.handlers.processEvents([event(8), event(9)], context);
    await reads[0]?.handlers.processError(new AggregateError([failure('ECONNREFUSED')]), context);
    // The client still has something: it comes again from the position.
    await reads[0]?.handlers.processEvents([event(10)], context);
    await until(reads, 2);
    expect(starts(reads)).toEqual([{ offset: '7' }, { sequenceNumber: 9, isInclusive: false }]);
    expect(reads.map(({ open }) => open)).toEqual([false, true]);
    expect(received).toEqual([8, 9]);
    expect(told).toEqual(['AggregateError']);
    ending.abort();
    await running;
    expect(reads[1]?.open).toBe(false);
  });

  it('closes the link when nobody takes the events, and opens it when there is room again', async () => {
    const { promise: room, resolve } = Promise.withResolvers<void>();
    const { reads, told, ending, running } = start({ room });
    await until(reads, 1);
    const from = performance.now();
    const taken = reads[0]?.handlers.processEvents([event(8)], context);
    expect(reads[0]?.open).toBe(true);
    await taken;
    expect(performance.now() - from).toBeGreaterThan(900);
    await vi.waitFor(() => expect(reads.map(({ open }) => open)).toEqual([false]));
    resolve();
    await until(reads, 2);
    expect(starts(reads)).toEqual([{ offset: '7' }, { sequenceNumber: 8, isInclusive: false }]);
    expect(told).toEqual([]);
    ending.abort();
    await running;
  });

  it('asks for the start again when the broker does not know the position', async () => {
    const { reads, ending, running } = start({ positions: [{ offset: '7' }, { offset: '0' }] });
    await until(reads, 1);
    await reads[0]?.handlers.processEvents([event(8)], context);
    await reads[0]?.handlers.processError(failure('ArgumentError'), context);
    await until(reads, 2);
    expect(starts(reads)).toEqual([{ offset: '7' }, { offset: '0' }]);
    ending.abort();
    await running;
  });

  it('ends when another reader takes the partition', async () => {
    const { reads, told, running } = start({});
    await until(reads, 1);
    await reads[0]?.handlers.processError(failure('ReceiverDisconnectedError'), context);
    await running;
    expect(told).toEqual(['stolen']);
  });
});
