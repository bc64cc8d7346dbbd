import { earliestEventPosition, type EventData } from '@azure/event-hubs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { partitionOfKey } from '../../../../local/event-hubs/partition-key.ts';
import { receive, startTestBroker, type TestBroker } from './running-broker.ts';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(() => broker[Symbol.asyncDispose]());

describe('a producer of the Azure SDK', () => {
  it('sends events with all that the SDK can put into one', async () => {
    const producer = broker.producer();
    const events: EventData[] = [
      { body: { text: 'äöü', n: 1 }, properties: { kind: 'test', n: 5, yes: true }, messageId: 'm-1' },
      { body: 'text', contentType: 'application/json', correlationId: 'c-1' },
      { body: Buffer.from([0, 1, 2, 255]) },
      { body: null },
    ];
    const before = Date.now();
    await producer.sendBatch(events, { partitionId: '0' });
    const seen = await receive(broker.consumer(), 4, earliestEventPosition, '0');
    expect(seen.map(({ event }) => event.body)).toEqual([
      { text: 'äöü', n: 1 },
      'text',
      Buffer.from([0, 1, 2, 255]),
      null,
    ]);
    expect(seen[0]?.event).toMatchObject({ properties: { kind: 'test', n: 5, yes: true }, messageId: 'm-1' });
    expect(seen[1]?.event).toMatchObject({ contentType: 'application/json', correlationId: 'c-1' });
    for (const { event } of seen) {
      expect(event.enqueuedTimeUtc.getTime()).toBeGreaterThanOrEqual(before);
      expect(event.enqueuedTimeUtc.getTime()).toBeLessThanOrEqual(Date.now());
      expect(event.offset).toEqual(expect.stringMatching(/^\d+$/));
    }
  });

  it('sends batches to the partition that their key belongs to, and the key comes back', async () => {
    const producer = broker.producer();
    const keys = ['acc-1', 'acc-2', 'acc-3', 'sOdeEAsyQoEuEFPGerWO'];
    const starts = await Promise.all(['0', '1', '2', '3'].map((id) => producer.getPartitionProperties(id)));
    for (const partitionKey of keys) {
      const batch = await producer.createBatch({ partitionKey });
      expect(batch.tryAdd({ body: partitionKey })).toBe(true);
      await producer.sendBatch(batch);
    }
    const positions = Object.fromEntries(
      starts.map(({ partitionId, lastEnqueuedSequenceNumber }) => [
        partitionId,
        { sequenceNumber: lastEnqueuedSequenceNumber },
      ]),
    );
    const seen = await new Promise<[unknown, string][]>((resolve, reject) => {
      const found: [unknown, string][] = [];
      const subscription = broker.consumer().subscribe(
        {
          processEvents: async (events, { partitionId }) => {
            for (const event of events) found.push([event.partitionKey, partitionId]);
            if (found.length === keys.length) subscription.close().then(() => resolve(found), reject);
            return Promise.resolve();
          },
          processError: async (error) => reject(error),
        },
        { startPosition: positions, maxWaitTimeInSeconds: 1 },
      );
    });
    expect(new Map(seen)).toEqual(new Map(keys.map((key) => [key, String(partitionOfKey(key, 4))])));
  });

  it('shares events without key or partition out among the partitions', async () => {
    const producer = broker.producer();
    const count = async () => {
      const ids = ['0', '1', '2', '3'];
      const all = await Promise.all(ids.map((id) => producer.getPartitionProperties(id)));
      return all.map(({ lastEnqueuedSequenceNumber }) => lastEnqueuedSequenceNumber);
    };
    const before = await count();
    for (let index = 0; index < 8; index += 1) await producer.sendBatch([{ body: index }]);
    const after = await count();
    expect(after.map((number, index) => number - (before[index] ?? 0))).toEqual([2, 2, 2, 2]);
  });

  it('may fill a batch to the limit, and is refused one above it with the error of Azure', async () => {
    const producer = broker.producer('one');
    const batch = await producer.createBatch();
    expect(batch.maxSizeInBytes).toBe(1024 * 1024);
    expect(batch.tryAdd({ body: Buffer.alloc(1024 * 1024) })).toBe(false);
    const large = Buffer.alloc(1024 * 1024 - 400, 7);
    expect(batch.tryAdd({ body: large })).toBe(true);
    await producer.sendBatch(batch);
    await expect(producer.sendBatch([{ body: Buffer.alloc(3 * 1024 * 1024) }])).rejects.toMatchObject({
      code: 'MessageTooLargeError',
    });
    await producer.sendBatch([{ body: 'small' }]);
    const seen = await receive(broker.consumer({ hub: 'one' }), 2, earliestEventPosition, '0', {
      skipParsingBodyAsJson: true,
    });
    expect(large.equals(z.instanceof(Buffer).parse(seen[0]?.event.body))).toBe(true);
    expect(seen[1]?.event.body).toEqual(Buffer.from('"small"'));
  });

  it('has a thousand sends under way at once, each acknowledged', async () => {
    const producer = broker.producer();
    const { lastEnqueuedSequenceNumber: before } = await producer.getPartitionProperties('2');
    await producer.sendBatch([{ body: 0 }], { partitionId: '2' });
    await Promise.all(
      Array.from({ length: 1_000 }, (_, index) =>
        producer.sendBatch([{ body: index }], { partitionId: '2' }),
      ),
    );
    const { lastEnqueuedSequenceNumber: after } = await producer.getPartitionProperties('2');
    expect(after - before).toBe(1_001);
  });

  it('is told of a hub or a partition that is not there', async () => {
    const missing = broker.producer('missing');
    await expect(missing.getEventHubProperties()).rejects.toMatchObject({
      code: 'MessagingEntityNotFoundError',
    });
    await expect(missing.sendBatch([{ body: 1 }])).rejects.toMatchObject({
      code: 'MessagingEntityNotFoundError',
    });
    await expect(broker.producer().sendBatch([{ body: 1 }], { partitionId: '9' })).rejects.toMatchObject({
      code: 'MessagingEntityNotFoundError',
    });
  });
});

describe('the management node', () => {
  it('describes hubs, whose names are compared without regard to case', async () => {
    const properties = await broker.producer('H').getEventHubProperties();
    expect(properties).toMatchObject({ name: 'h', partitionIds: ['0', '1', '2', '3'] });
    expect(Math.abs(Date.now() - properties.createdOn.getTime())).toBeLessThan(60_000);
  });

  it('describes partitions, empty and not', async () => {
    await using fresh = await startTestBroker();
    const producer = fresh.producer('one');
    expect(await producer.getPartitionProperties('0')).toMatchObject({
      eventHubName: 'one',
      partitionId: '0',
      beginningSequenceNumber: 0,
      lastEnqueuedSequenceNumber: -1,
      lastEnqueuedOffset: '-1',
      isEmpty: true,
    });
    await producer.sendBatch([{ body: 1 }, { body: 2 }]);
    const filled = await producer.getPartitionProperties('0');
    expect(filled).toMatchObject({
      beginningSequenceNumber: 0,
      lastEnqueuedSequenceNumber: 1,
      isEmpty: false,
    });
    const [, second] = await receive(fresh.consumer({ hub: 'one' }), 2, earliestEventPosition, '0');
    expect(second?.event.offset).toBe(filled.lastEnqueuedOffset);
    expect(second?.event.enqueuedTimeUtc).toEqual(filled.lastEnqueuedOnUtc);
    await expect(producer.getPartitionProperties('7')).rejects.toMatchObject({
      code: 'MessagingEntityNotFoundError',
    });
  });
});
