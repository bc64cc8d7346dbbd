import {
  earliestEventPosition,
  latestEventPosition,
  type EventPosition,
  type LastEnqueuedEventProperties,
} from '@azure/event-hubs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { receive, startTestBroker, type Seen, type TestBroker } from './running-broker.ts';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(() => broker[Symbol.asyncDispose]());

const bodies = (seen: readonly Seen[]): unknown[] => seen.map(({ event }) => event.body);

describe('a consumer of the Azure SDK', () => {
  it('starts at every kind of position', async () => {
    const producer = broker.producer();
    const send = (...texts: string[]) =>
      producer.sendBatch(
        texts.map((body) => ({ body })),
        { partitionId: '0' },
      );
    await send('a', 'b');
    const second = await receive(broker.consumer(), 2, earliestEventPosition, '0');
    // The next event is enqueued in another millisecond.
    while (Date.now() <= (second[1]?.event.enqueuedTimeUtc.getTime() ?? 0)) await new Promise(setImmediate);
    await send('c');
    await send('d');
    const all = await receive(broker.consumer(), 4, earliestEventPosition, '0');
    expect(bodies(all)).toEqual(['a', 'b', 'c', 'd']);
    expect(all.map(({ event }) => event.sequenceNumber)).toEqual([0, 1, 2, 3]);
    const [, b] = all.map(({ event }) => event);
    const cases: [EventPosition, string[]][] = [
      [{ offset: b?.offset ?? '' }, ['c', 'd']],
      [{ offset: b?.offset ?? '', isInclusive: true }, ['b', 'c', 'd']],
      [{ sequenceNumber: 1 }, ['c', 'd']],
      [{ sequenceNumber: 1, isInclusive: true }, ['b', 'c', 'd']],
      [{ enqueuedOn: b?.enqueuedTimeUtc ?? 0 }, ['c', 'd']],
      [{ enqueuedOn: 0 }, ['a', 'b', 'c', 'd']],
    ];
    for (const [position, expected] of cases) {
      expect(bodies(await receive(broker.consumer(), expected.length, position, '0'))).toEqual(expected);
    }
  });

  it('gets events pushed while it waits, from the moment of its start on', async () => {
    const producer = broker.producer();
    await producer.sendBatch([{ body: 'old' }], { partitionId: '1' });
    let initialized = (): void => undefined;
    const ready = new Promise<void>((resolve) => {
      initialized = resolve;
    });
    const bodiesSeen: unknown[] = [];
    const delays: number[] = [];
    let sentAt = 0;
    let arrived = (): void => undefined;
    const consumer = broker.consumer();
    const subscription = consumer.subscribe(
      '1',
      {
        processInitialize: async () => Promise.resolve(initialized()),
        processEvents: async (events) => {
          if (events.length === 0) return Promise.resolve(initialized());
          for (const { body } of events) bodiesSeen.push(body);
          delays.push(performance.now() - sentAt);
          return Promise.resolve(arrived());
        },
        processError: async (error) => {
          throw error;
        },
      },
      { startPosition: latestEventPosition, maxWaitTimeInSeconds: 1 },
    );
    await ready;
    // Its link is open once it has been told that there is nothing.
    await new Promise<void>((resolve) => {
      initialized = resolve;
    });
    for (let index = 0; index < 10; index += 1) {
      const arrival = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      sentAt = performance.now();
      await producer.sendBatch([{ body: index }], { partitionId: '1' });
      await arrival;
    }
    await subscription.close();
    expect(bodiesSeen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    // The SDK itself collects for 20 ms before it hands events on.
    expect(delays.toSorted((x, y) => x - y)[4]).toBeLessThan(200);
  });

  it('reads more than fits into memory, in order, from the segment files', async () => {
    await using small = await startTestBroker({ segmentBytes: 300_000, tailBytes: 50_000 });
    const producer = small.producer('one');
    const pad = 'x'.repeat(1_000);
    for (let batch = 0; batch < 20; batch += 1) {
      await producer.sendBatch(
        Array.from({ length: 100 }, (_, index) => ({ body: { n: batch * 100 + index, pad } })),
      );
    }
    const seen = await receive(small.consumer({ hub: 'one' }), 2_000, earliestEventPosition, '0', {
      maxBatchSize: 300,
    });
    expect(bodies(seen)).toEqual(Array.from({ length: 2_000 }, (_, n) => ({ n, pad })));
    expect(seen.map(({ event }) => event.sequenceNumber)).toEqual(
      Array.from({ length: 2_000 }, (_, index) => index),
    );
  });

  it('is told where its partition ends when it asks for that', async () => {
    const producer = broker.producer();
    await producer.sendBatch([{ body: 1 }, { body: 2 }, { body: 3 }], { partitionId: '2' });
    const consumer = broker.consumer();
    const last = await new Promise<LastEnqueuedEventProperties | undefined>((resolve, reject) => {
      const subscription = consumer.subscribe(
        '2',
        {
          processEvents: async (events, context) => {
            if (events.length === 0) return;
            await subscription.close();
            resolve(context.lastEnqueuedEventProperties);
          },
          processError: async (error) => reject(error),
        },
        {
          startPosition: earliestEventPosition,
          maxBatchSize: 1,
          maxWaitTimeInSeconds: 1,
          trackLastEnqueuedEventProperties: true,
        },
      );
    });
    const { lastEnqueuedSequenceNumber, lastEnqueuedOffset, lastEnqueuedOnUtc } =
      await producer.getPartitionProperties('2');
    expect(last).toMatchObject({
      sequenceNumber: lastEnqueuedSequenceNumber,
      offset: lastEnqueuedOffset,
      enqueuedOn: lastEnqueuedOnUtc,
      retrievedOn: expect.any(Date),
    });
  });

  it.each([
    ['hub', { hub: 'missing' }, '0', 'MessagingEntityNotFoundError'],
    ['consumer group', { group: 'missing' }, '0', 'MessagingEntityNotFoundError'],
    ['partition', {}, '9', 'MessagingEntityNotFoundError'],
  ])('is told of a %s that is not there', async (_, options, partition, code) => {
    const consumer = broker.consumer(options);
    await expect(receive(consumer, 1, earliestEventPosition, partition)).rejects.toMatchObject({ code });
  });

  it('is refused a position behind the end, as after the hub was recreated', async () => {
    const consumer = broker.consumer();
    await expect(receive(consumer, 1, { offset: '123456789' }, '3')).rejects.toMatchObject({
      code: 'ArgumentError',
      message: expect.stringContaining(
        "The supplied offset '123456789' is invalid. The last offset in the system is",
      ),
    });
  });

  it('has its own view of a hub in every consumer group', async () => {
    const producer = broker.producer();
    await producer.sendBatch([{ body: 'x' }], { partitionId: '3' });
    for (const group of ['$Default', '$default', 'audit']) {
      const owner = broker.consumer({ group });
      expect(await receive(owner, 1, earliestEventPosition, '3', { ownerLevel: 1 })).toHaveLength(1);
    }
  });
});
