import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { earliestEventPosition, EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { STOP } from '../../../../local/child-protocol.ts';
import { forkBroker, IMPATIENT, receive, type Seen } from './running-broker.ts';

type Running = Awaited<ReturnType<typeof forkBroker>>;

let folder: string;
let running: Running | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'broker-'));
});
afterEach(async () => {
  await kill(running);
  await rm(folder, { recursive: true, force: true });
});

async function start(port = 0): Promise<Running> {
  running = await forkBroker(folder, port);
  return running;
}

async function kill(broker: Running | undefined): Promise<void> {
  if (broker === undefined || broker.child.exitCode !== null || broker.child.signalCode !== null) return;
  const gone = once(broker.child, 'exit');
  broker.child.kill('SIGKILL');
  await gone;
}

async function stop(broker: Running): Promise<unknown> {
  const gone = once(broker.child, 'exit');
  broker.child.send(STOP);
  return (await gone)[0];
}

const Body = z.object({ sender: z.number(), n: z.number() });
const QUICK = { retryOptions: { maxRetries: 0, timeoutInMs: 1_000 } };

/** Everything in a partition, in its order. */
async function contents(connectionString: string, partition: string): Promise<Seen[]> {
  const client = new EventHubConsumerClient('$Default', connectionString, 'h', IMPATIENT);
  try {
    const { lastEnqueuedSequenceNumber: last } = await client.getPartitionProperties(partition);
    return last < 0 ? [] : await receive(client, last + 1, earliestEventPosition, partition);
  } finally {
    await client.close();
  }
}

describe('a broker process', () => {
  it('loses nothing that it acknowledged when it is killed under load, twice, and keeps each event once and in order', async () => {
    const { port, connectionString } = await start();
    const producer = new EventHubProducerClient(connectionString, 'h', QUICK);
    const acknowledged: string[] = [];
    const sentBy = Array.from({ length: 8 }, () => 0);
    /** Sends from several places at once, until so many more events are acknowledged. */
    const send = async (count: number) => {
      const goal = acknowledged.length + count;
      await Promise.all(
        sentBy.map(async (_, sender) => {
          while (acknowledged.length < goal) {
            const first = sentBy[sender] ?? 0;
            sentBy[sender] = first + 5;
            const events = [0, 1, 2, 3, 4].map((index) => ({ body: { sender, n: first + index } }));
            try {
              await producer.sendBatch(events, { partitionId: String(sender % 2) });
              acknowledged.push(...events.map(({ body }) => `${String(sender)}/${String(body.n)}`));
            } catch (error) {
              // Unknown to the sender whether it was stored: not sent again, so that nothing is there twice.
              expect(error).toBeInstanceOf(Error);
            }
          }
        }),
      );
    };
    let broker = running;
    for (let round = 0; round < 2; round += 1) {
      await send(500);
      const sending = send(500);
      await kill(broker);
      broker = await start(port);
      expect(broker.port).toBe(port);
      await sending;
    }
    await producer.close();
    const found: string[] = [];
    for (const partition of ['0', '1']) {
      const events = (await contents(connectionString, partition)).map(
        ({ event: { body, sequenceNumber } }) => ({
          body: Body.parse(body),
          sequenceNumber,
        }),
      );
      expect(events.map(({ sequenceNumber }) => sequenceNumber)).toEqual(events.map((_, index) => index));
      for (const [sender] of sentBy.entries()) {
        const numbers = events.filter(({ body }) => body.sender === sender).map(({ body }) => body.n);
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      }
      found.push(...events.map(({ body }) => `${String(body.sender)}/${String(body.n)}`));
    }
    const stored = new Set(found);
    expect(stored.size).toBe(found.length);
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
  });

  it('has its consumers back within a second after a restart', async () => {
    const { port, connectionString } = await start();
    const producer = new EventHubProducerClient(connectionString, 'h', QUICK);
    const client = new EventHubConsumerClient('$Default', connectionString, 'h', {
      retryOptions: { retryDelayInMs: 250, maxRetries: 100, timeoutInMs: 5_000 },
    });
    const seen: unknown[] = [];
    let arrived = (): void => undefined;
    const arrival = () =>
      new Promise<void>((resolve) => {
        arrived = resolve;
      });
    const subscription = client.subscribe(
      '0',
      {
        processEvents: async (events) => {
          for (const { body } of events) seen.push(body);
          return Promise.resolve(events.length > 0 ? arrived() : undefined);
        },
        processError: async () => Promise.resolve(),
      },
      // The SDK notices a lost connection only when this wait is over.
      { startPosition: earliestEventPosition, maxWaitTimeInSeconds: 0.25 },
    );
    let arrives = arrival();
    await producer.sendBatch([{ body: 'before' }], { partitionId: '0' });
    await arrives;
    await kill(running);
    const after = await start(port);
    const restarted = performance.now();
    arrives = arrival();
    const fresh = new EventHubProducerClient(after.connectionString, 'h', IMPATIENT);
    await fresh.sendBatch([{ body: 'after' }], { partitionId: '0' });
    await arrives;
    expect(performance.now() - restarted).toBeLessThan(1_000);
    expect(seen).toEqual(['before', 'after']);
    await subscription.close();
    await Promise.all([producer.close(), fresh.close(), client.close()]);
  });

  it('ends when it is told to, and finds everything again', async () => {
    const first = await start();
    const producer = new EventHubProducerClient(first.connectionString, 'h', QUICK);
    await producer.sendBatch([{ body: 'kept' }], { partitionId: '1' });
    expect(await stop(first)).toBe(0);
    await producer.close();
    const second = await start();
    expect((await contents(second.connectionString, '1')).map(({ event }) => event.body)).toEqual(['kept']);
  });

  it('starts a hub anew, with numbers from 0, when its folder was removed', async () => {
    const first = await start();
    const producer = new EventHubProducerClient(first.connectionString, 'h', QUICK);
    await producer.sendBatch([{ body: 'old' }, { body: 'old' }], { partitionId: '0' });
    await producer.close();
    await stop(first);
    await rm(join(folder, 'h'), { recursive: true });
    const second = await start();
    const again = new EventHubProducerClient(second.connectionString, 'h', QUICK);
    await again.sendBatch([{ body: 'new' }], { partitionId: '0' });
    await again.close();
    const seen = await contents(second.connectionString, '0');
    expect(seen.map(({ event }) => [event.body, event.sequenceNumber])).toEqual([['new', 0]]);
  });

  it('makes senders wait no longer than they want while it is frozen, and goes on afterwards', async () => {
    const broker = await start();
    const producer = new EventHubProducerClient(broker.connectionString, 'h', QUICK);
    await producer.sendBatch([{ body: 1 }], { partitionId: '0' });
    broker.child.kill('SIGSTOP');
    await expect(producer.sendBatch([{ body: 2 }], { partitionId: '0' })).rejects.toMatchObject({
      code: 'OperationTimeoutError',
    });
    broker.child.kill('SIGCONT');
    await producer.sendBatch([{ body: 3 }], { partitionId: '0' });
    await producer.close();
    const seen = await contents(broker.connectionString, '0');
    expect(seen[0]?.event.body).toBe(1);
    expect(seen.at(-1)?.event.body).toBe(3);
  });
});
