import {
  earliestEventPosition,
  EventHubConsumerClient,
  type CheckpointStore,
  type PartitionOwnership,
} from '@azure/event-hubs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestBroker, type TestBroker } from './running-broker.ts';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(() => broker[Symbol.asyncDispose]());

describe('owner levels', () => {
  /** Subscribes for as long as the broker lets it. */
  function occupy(ownerLevel?: number) {
    const consumer = broker.consumer();
    let reading = (): void => undefined;
    const isReading = new Promise<void>((resolve) => {
      reading = resolve;
    });
    const lost = new Promise<unknown>((resolve) => {
      consumer.subscribe(
        '3',
        {
          processEvents: async () => Promise.resolve(reading()),
          processError: async (error) => resolve(error),
        },
        {
          startPosition: earliestEventPosition,
          maxWaitTimeInSeconds: 1,
          ...(ownerLevel === undefined ? {} : { ownerLevel }),
        },
      );
    });
    return { isReading, lost, close: () => consumer.close() };
  }

  it('let a higher one steal the partition, and refuse a lower one and none', async () => {
    await broker.producer().sendBatch([{ body: 'x' }], { partitionId: '3' });
    const none = occupy();
    await none.isReading;
    const low = occupy(1);
    await low.isReading;
    expect(await none.lost).toMatchObject({ code: 'ReceiverDisconnectedError' });
    const high = occupy(5);
    await high.isReading;
    expect(await low.lost).toMatchObject({
      code: 'ReceiverDisconnectedError',
      message: expect.stringContaining("with higher epoch of '5' is created"),
    });
    expect(await occupy(4).lost).toMatchObject({ code: 'ReceiverDisconnectedError' });
    expect(await occupy().lost).toMatchObject({ code: 'ReceiverDisconnectedError' });
    await high.close();
    const late = occupy();
    await late.isReading;
    await late.close();
  });
});

describe('consumers that balance their load', () => {
  /** Ownership and checkpoints of a test's consumers, as a blob container keeps them. */
  function memoryStore(): CheckpointStore & { owners(): Map<string, string> } {
    const owned = new Map<string, PartitionOwnership>();
    const checkpoints = new Map<string, Parameters<CheckpointStore['updateCheckpoint']>[0]>();
    return {
      owners: () => new Map([...owned].map(([partition, { ownerId }]) => [partition, ownerId])),
      listOwnership: async () => Promise.resolve([...owned.values()]),
      claimOwnership: async (claims) => {
        const granted = claims.filter(({ partitionId, etag }) => owned.get(partitionId)?.etag === etag);
        return Promise.resolve(
          granted.map((claim) => {
            const claimed = { ...claim, etag: crypto.randomUUID(), lastModifiedTimeInMs: Date.now() };
            owned.set(claim.partitionId, claimed);
            return claimed;
          }),
        );
      },
      updateCheckpoint: async (checkpoint) => {
        checkpoints.set(checkpoint.partitionId, checkpoint);
        return Promise.resolve();
      },
      listCheckpoints: async () => Promise.resolve([...checkpoints.values()]),
    };
  }

  it('share the partitions, and the one that stays goes on where the other stopped', async () => {
    await using own = await startTestBroker();
    const store = memoryStore();
    const seen: number[] = [];
    let changed = (): void => undefined;
    const until = async (condition: () => boolean) => {
      while (!condition()) {
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
    };
    const start = () => {
      const client = new EventHubConsumerClient('$Default', own.connectionString, 'h', store, {
        loadBalancingOptions: {
          strategy: 'greedy',
          updateIntervalInMs: 100,
          partitionOwnershipExpirationIntervalInMs: 3_000,
        },
        retryOptions: { maxRetries: 3, retryDelayInMs: 50, timeoutInMs: 5_000 },
      });
      const subscription = client.subscribe(
        {
          processEvents: async (events, context) => {
            for (const { body } of events) seen.push(body);
            const newest = events.at(-1);
            if (newest !== undefined) await context.updateCheckpoint(newest);
            changed();
          },
          processError: async () => Promise.resolve(),
          processInitialize: async () => Promise.resolve(changed()),
        },
        { startPosition: earliestEventPosition, maxWaitTimeInSeconds: 0.2 },
      );
      return async () => {
        await subscription.close();
        await client.close();
      };
    };
    const producer = own.producer();
    let next = 0;
    const send = async () => {
      for (let index = 0; index < 8; index += 1) await producer.sendBatch([{ body: next++ }]);
    };
    const closeFirst = start();
    await until(() => store.owners().size === 4);
    const closeSecond = start();
    const shares = () =>
      Object.values(Object.groupBy(store.owners().values(), (owner) => owner)).map((of) => of?.length);
    await until(() => shares().length === 2 && shares().every((share) => share === 2));
    await send();
    await until(() => new Set(seen).size === 8);
    await closeFirst();
    await send();
    await until(() => new Set(seen).size === 16);
    await closeSecond();
    expect([...new Set(seen)].toSorted((x, y) => x - y)).toEqual(
      Array.from({ length: 16 }, (_, index) => index),
    );
  });
});
