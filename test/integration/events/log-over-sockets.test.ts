import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { earliestEventPosition, EventHubConsumerClient } from '@azure/event-hubs';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { openBlobService } from '../../../shared/azure/blob.ts';
import { openEventSender } from '../../../shared/azure/event-hubs.ts';
import { logBlobsOf } from '../../../shared/azure/log-blobs.ts';
import { AppendLog } from '../../../shared/events/append-log.ts';
import { collect } from '../../../shared/events/collect.ts';
import { findPrediction } from '../../../shared/events/find-prediction.ts';
import { newCounts, readHour } from '../../../shared/events/log-reader.ts';
import { PredictionLog } from '../../../shared/events/prediction-log.ts';
import { blobSpill } from '../../../shared/events/spill.ts';
import { replaySpill } from '../../../shared/events/spill-replay.ts';
import { forkBroker } from '../local/event-hubs/running-broker.ts';
import { allOf } from '../../fixtures/all-of.ts';
import { eventOf, idAt } from '../../fixtures/prediction-events.ts';
import { startStorage, type Storage } from './storage.ts';

const TEN = Date.UTC(2026, 2, 1, 10);

let storage: Storage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

it('has every answered prediction once, through a killed broker, its spill, and back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'log-'));
  let broker = await forkBroker(folder, 0);
  const { connectionString, port } = broker;
  const service = await openBlobService({
    by: 'connection-string',
    connectionString: storage.connectionString,
  });
  for (const name of ['predictions', 'predictions-spill', 'dead-letter']) await service.createContainer(name);
  const predictions = logBlobsOf(service, 'predictions', 5_000);
  const spilled = logBlobsOf(service, 'predictions-spill', 1_500);
  const deadLetters = logBlobsOf(service, 'dead-letter', 5_000);
  const sender = await openEventSender({ by: 'connection-string', connectionString }, 'h');
  let spills = 0;
  const log = new PredictionLog({
    mode: 'strict',
    sender,
    spill: blobSpill(spilled, () => `${(spills += 1)}`, Date.now),
    report: () => undefined,
    now: () => performance.now(),
  });
  onTestFinished(async () => {
    await log.close().catch(() => undefined); // the broker may be gone
    broker.child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  const answered = new Set<string>();
  const outcomes = new Set<string>();
  const send = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) {
      const id = idAt(TEN);
      outcomes.add(await log.append([JSON.stringify(eventOf(id))]));
      answered.add(id);
    }
  };
  const traffic = (count: number) => Promise.all(Array.from({ length: 8 }, () => send(count)));

  await traffic(20);
  expect(outcomes).toEqual(new Set(['acknowledged']));
  const during = traffic(60);
  const gone = once(broker.child, 'exit');
  broker.child.kill('SIGKILL');
  await Promise.all([during, gone]);
  expect(outcomes).toEqual(new Set(['acknowledged', 'spilled']));
  expect((await allOf(spilled.list(''))).length).toBeGreaterThan(0);

  broker = await forkBroker(folder, port);
  await vi.waitUntil(() => log.hubAnswers, { timeout: 15_000, interval: 20 });
  outcomes.clear();
  await traffic(5);
  expect(outcomes).toEqual(new Set(['acknowledged']));
  await replaySpill({ spill: spilled, deadLetters, sender, now: () => performance.now() }, 10_000);
  expect(await allOf(spilled.list(''))).toEqual([]);

  const appendLog = new AppendLog(predictions);
  const counts = newCounts();
  await collectAll(connectionString, async (partition, events) => {
    const logs = { predictions: appendLog, shadows: appendLog };
    const counter = { count: () => Promise.resolve() };
    await collect({ logs, counter, deadLetters }, { hub: 'h', partition, events });
  });
  const logged = await allOf(readHour(predictions, 'cards', TEN, counts));
  expect(new Set(logged.map(({ event }) => event.id))).toEqual(answered);
  expect(logged).toHaveLength(answered.size);
  expect(counts.unreadable).toBe(0);
  expect(await allOf(deadLetters.list(''))).toEqual([]);
  const [some = ''] = answered;
  expect(await findPrediction({ predictions, spill: spilled }, 'cards', some)).toMatchObject({ id: some });
});

type Deliver = (
  partition: string,
  events: { body: Buffer; sequenceNumber: number; enqueuedTime: number }[],
) => Promise<void>;

/** Delivers everything that the hub holds now, partition by partition. */
async function collectAll(connectionString: string, deliver: Deliver): Promise<void> {
  const consumer = new EventHubConsumerClient('$Default', connectionString, 'h');
  for (const partition of await consumer.getPartitionIds()) {
    const { lastEnqueuedSequenceNumber, isEmpty } = await consumer.getPartitionProperties(partition);
    if (isEmpty) continue;
    await new Promise<void>((resolve, reject) => {
      const subscription = consumer.subscribe(
        partition,
        {
          processEvents: async (events) => {
            await deliver(
              partition,
              events.map(({ body, sequenceNumber, enqueuedTimeUtc }) => ({
                body: body as Buffer,
                sequenceNumber,
                enqueuedTime: enqueuedTimeUtc.getTime(),
              })),
            );
            if (events.at(-1)?.sequenceNumber === lastEnqueuedSequenceNumber)
              subscription.close().then(resolve, reject);
          },
          processError: async (error) => reject(error),
        },
        {
          startPosition: earliestEventPosition,
          maxBatchSize: 50,
          maxWaitTimeInSeconds: 1,
          skipParsingBodyAsJson: true,
        },
      );
    });
  }
  await consumer.close();
}
