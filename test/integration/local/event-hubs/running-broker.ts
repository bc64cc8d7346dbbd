import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  EventHubConsumerClient,
  EventHubProducerClient,
  type EventHubConsumerClientOptions,
  type EventPosition,
  type ReceivedEventData,
  type SubscribeOptions,
} from '@azure/event-hubs';
import { z } from 'zod';
import { startBroker } from '../../../../local/event-hubs/broker.ts';
import { brokerConnectionString } from '../../../../local/event-hubs/connection-string.ts';
import { parseHubSettings } from '../../../../local/event-hubs/hub.ts';
import type { LogLimits } from '../../../../local/event-hubs/partition-log.ts';

const MEBIBYTE = 1024 * 1024;
const LIMITS: LogLimits = {
  segmentBytes: 16 * MEBIBYTE,
  retention: { bytes: 256 * MEBIBYTE, ms: 3_600_000 },
  tailBytes: MEBIBYTE,
};
/** Quick to give up and quick to try again. */
export const IMPATIENT = { retryOptions: { maxRetries: 0, timeoutInMs: 5_000 } };

/** A broker in this process, and the clients of a test; all end with it. */
export interface TestBroker extends AsyncDisposable {
  readonly port: number;
  readonly connectionString: string;
  readonly problems: readonly string[];
  producer(hub?: string): EventHubProducerClient;
  consumer(
    options?: { hub?: string; group?: string } & EventHubConsumerClientOptions,
  ): EventHubConsumerClient;
}

/** Starts a broker with the hubs `h` of 4 partitions and `one` of a single one. */
export async function startTestBroker(limits: Partial<LogLimits> = {}): Promise<TestBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'broker-'));
  const problems: string[] = [];
  const broker = await startBroker({
    folder,
    port: 0,
    hubs: [parseHubSettings('h:4:audit'), parseHubSettings('one:1')],
    limits: { ...LIMITS, ...limits },
    now: Date.now,
    report: (problem, error) => problems.push(`${problem}: ${String(error)}`),
  });
  const connectionString = brokerConnectionString(broker.port);
  const clients: { close(): Promise<void> }[] = [];
  const keep = <C extends { close(): Promise<void> }>(client: C): C => {
    clients.push(client);
    return client;
  };
  return {
    port: broker.port,
    connectionString,
    problems,
    producer: (hub = 'h') => keep(new EventHubProducerClient(connectionString, hub, IMPATIENT)),
    consumer: ({ hub = 'h', group = '$Default', ...options } = {}) =>
      keep(new EventHubConsumerClient(group, connectionString, hub, { ...IMPATIENT, ...options })),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await broker.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An event and the partition that it came from. */
export interface Seen {
  readonly partition: string;
  readonly event: Omit<ReceivedEventData, 'body'> & { readonly body: unknown };
}

/**
 * Subscribes until so many events have come.
 * @param partition all of them where it is absent
 */
export function receive(
  client: EventHubConsumerClient,
  count: number,
  startPosition: EventPosition,
  partition?: string,
  options: SubscribeOptions = {},
): Promise<Seen[]> {
  const seen: Seen[] = [];
  return new Promise((resolve, reject) => {
    const handlers = {
      processEvents: async (events: ReceivedEventData[], context: { partitionId: string }) => {
        if (seen.length >= count) return;
        for (const event of events) seen.push({ partition: context.partitionId, event });
        if (seen.length >= count) subscription.close().then(() => resolve(seen), reject);
        return Promise.resolve();
      },
      processError: async (error: Error) => {
        reject(error);
        return Promise.resolve();
      },
    };
    const all = { startPosition, maxBatchSize: 100, maxWaitTimeInSeconds: 1, ...options };
    const subscription =
      partition === undefined ? client.subscribe(handlers, all) : client.subscribe(partition, handlers, all);
  });
}

const Ready = z.object({ type: z.literal('ready'), port: z.number(), connectionString: z.string() });

/** Starts the broker as the process that the stack starts. @param port 0 for any */
export async function forkBroker(
  folder: string,
  port: number,
): Promise<{ readonly child: ChildProcess; readonly port: number; readonly connectionString: string }> {
  const server = join(import.meta.dirname, '../../../../local/event-hubs-server.ts');
  const child = fork(server, ['--folder', folder, '--port', String(port), '--hub', 'h:2'], { execArgv: [] });
  const said: unknown[] = await once(child, 'message');
  return { child, ...Ready.parse(said[0]) };
}
