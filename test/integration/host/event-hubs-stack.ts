import { type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { EventHubProducerClient } from '@azure/event-hubs';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { storageConnection } from '../../../local/endpoints.ts';
import { startChild, temporaryFolder } from '../local/child.ts';
import { fixture, type HostProcess, startHostProcess } from './host-process.ts';

const invocation = z.object({
  functionName: z.string(),
  messages: z.array(z.unknown()),
  attempt: z.number(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
export type Invocation = z.infer<typeof invocation>;

/** Hosts of the fixture app with their broker and storage. */
export interface EventHubsStack {
  readonly brokerConnection: string;
  readonly checkpoints: ContainerClient;
  producer(hub: string): EventHubProducerClient;
  /** A further host of the app. */
  host(environment?: Record<string, string>): Promise<EventHubsHost>;
  /** Kills the broker and starts it again; with other files the hubs are new ones. */
  restartBroker(files?: string): Promise<void>;
}

export interface EventHubsHost extends HostProcess {
  readonly invocations: readonly Invocation[];
  /** Resolves when the invocations so far are as wished. */
  until(wish: (invocations: readonly Invocation[]) => boolean): Promise<void>;
  /** Lets an event that waits for this go on. */
  release(name: string): void;
}

const hubs = ['many:4', 'one:1', 'binary:1', 'finite:1', 'endless:2:workers'];

/** Starts storage and a broker, which end with the test. */
export async function startEventHubs(): Promise<EventHubsStack> {
  const folder = await temporaryFolder();
  const port = z.number();
  const startBroker = async (files: string, wanted = 0) =>
    startChild(
      'event-hubs-server.ts',
      [`--folder=${join(folder, files)}`, `--port=${String(wanted)}`, ...hubs.map((hub) => `--hub=${hub}`)],
      z.object({ port, connectionString: z.string() }),
    );
  let broker = await startBroker('broker');
  const storage = await startChild(
    'storage-server.ts',
    [`--folder=${join(folder, 'storage')}`],
    z.object({ ports: z.object({ blob: port, queue: port, table: port }) }),
  );
  const storageString = storageConnection(storage.ready.ports);
  const { connectionString } = broker.ready;
  return {
    brokerConnection: connectionString,
    checkpoints:
      BlobServiceClient.fromConnectionString(storageString).getContainerClient('azure-webjobs-eventhub'),
    producer: (hub) => {
      const producer = new EventHubProducerClient(connectionString, hub);
      onTestFinished(async () => producer.close());
      return producer;
    },
    host: async (environment) => {
      const host = await startHostProcess({
        app: fixture('event-hubs-app'),
        arguments: ['--storage', storageString],
        environment: { EVENTS: connectionString, MANY_HUB: 'many', ...environment },
      });
      onTestFinished(async () => {
        if (host.child.signalCode === null) await host.stop();
      });
      return { ...host, ...record(host.child) };
    },
    restartBroker: async (files = 'broker') => {
      await broker.kill();
      broker = await startBroker(files, broker.ready.port);
    },
  };
}

function record(child: ChildProcess): Pick<EventHubsHost, 'invocations' | 'until' | 'release'> {
  const invocations: Invocation[] = [];
  child.on('message', (message) => {
    const parsed = invocation.safeParse(message);
    if (parsed.success) invocations.push(parsed.data);
  });
  return {
    invocations,
    until: async (wish) => {
      if (wish(invocations)) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = (): void => {
        if (wish(invocations)) resolve();
      };
      child.on('message', look);
      await promise;
      child.off('message', look);
    },
    release: (name) => {
      child.send({ release: name });
    },
  };
}

/** The events that a function was given, in this order. */
export function given(invocations: readonly Invocation[], functionName: string): unknown[] {
  return invocations.filter((one) => one.functionName === functionName).flatMap(({ messages }) => messages);
}
