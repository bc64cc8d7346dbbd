import { mkdir } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import rhea from 'rhea';
import { LOOPBACK } from '../listen.ts';
import { ClientConnection, MAX_FRAME_SIZE } from './client-connection.ts';
import { HubDirectory } from './hub-directory.ts';
import { openHub, type HubSettings } from './hub.ts';
import type { LogLimits } from './partition-log.ts';
import { MAX_MESSAGE_BYTES } from './producer-link.ts';

/** What a broker is started with. */
export interface BrokerSettings {
  /** Where its hubs are kept, each in a folder of its name. */
  readonly folder: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly hubs: readonly HubSettings[];
  readonly limits: LogLimits;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of what goes wrong with a client or in the background. */
  readonly report: (problem: string, error: unknown) => void;
}

/** A running broker. */
export interface Broker {
  readonly port: number;
  /** Flushes and answers what has arrived, then disconnects everyone. */
  close(): Promise<void>;
}

/** How often old events are looked for, in milliseconds. */
const RETENTION_EVERY = 60_000;

/**
 * Starts a broker that speaks AMQP 1.0 as Azure Event Hubs does, on this machine's loopback address.
 * @throws Error when the port is taken, a hub's folder can't be read, or two hubs have one name
 */
export async function startBroker(settings: BrokerSettings): Promise<Broker> {
  const names = settings.hubs.map(({ name }) => name.toLowerCase());
  if (new Set(names).size < names.length) throw new RangeError(`two hubs have one name: ${names.join(', ')}`);
  await mkdir(settings.folder, { recursive: true });
  const hubs = new HubDirectory(
    await Promise.all(
      settings.hubs.map((hub) => openHub(settings.folder, hub, settings.limits, settings.now)),
    ),
  );
  const container = rhea.create_container({ id: 'event-hubs' });
  const connections = new Set<ClientConnection>();
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = container.create_connection({
      // Required by the typings; the broker never connects by itself.
      port: 0,
      reconnect: false,
      max_frame_size: MAX_FRAME_SIZE,
      // Credit is granted by hand, so that it depends on what the disk has taken.
      receiver_options: { credit_window: 0, autoaccept: false, max_message_size: MAX_MESSAGE_BYTES },
    });
    const client = new ClientConnection(socket, connection, {
      hubs,
      now: settings.now,
      report: settings.report,
    });
    connections.add(client);
    socket.on('close', () => connections.delete(client));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, LOOPBACK, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const timer = setInterval(() => {
    Promise.all(hubs.all.map((hub) => hub.applyRetention())).catch((error: unknown) => {
      settings.report('old events could not be removed', error);
    });
  }, RETENTION_EVERY);
  return {
    port: portOf(server.address()),
    close: async () => {
      clearInterval(timer);
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await Promise.all(hubs.all.map((hub) => hub.close()));
      // The answers to what has just been flushed are written in rhea's next turn.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      for (const client of connections) client.end();
      await closed;
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the broker has no TCP port');
  return address.port;
}
