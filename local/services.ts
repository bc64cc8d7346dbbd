import { extname, join } from 'node:path';
import { z } from 'zod';
import { parseHostReport } from './host/protocol.ts';
import type { StoragePorts } from './endpoints.ts';
import type { ServiceDefinition } from './service.ts';
import { StackError } from './stack-error.ts';

/** The services of the stack: which process each is, and how it reports. */

const portNumber = z.number().int().min(1).max(65_535);
const storagePorts = z.object({ blob: portNumber, queue: portNumber, table: portNumber });
const storageReady = z.object({ type: z.literal('ready'), ports: storagePorts });
const cosmosReady = z.object({ type: z.literal('ready'), port: portNumber });
const eventHubsReady = z.object({ type: z.literal('ready'), port: portNumber });

/** Ports that are asked for again at the next start, in `ports.json`. */
export const persistedPorts = z.object({
  storage: storagePorts.optional(),
  cosmos: portNumber.optional(),
  eventHubs: portNumber.optional(),
});

export type PersistedPorts = z.infer<typeof persistedPorts>;

/** Emptied of the caller's settings, such as accounts for Azurite of its own. */
const NO_ENV = {};

export function storageService(home: string, previous?: StoragePorts): ServiceDefinition<StoragePorts> {
  return {
    name: 'storage',
    entry: sibling('storage-server'),
    nodeFlags: ['--max-semi-space-size=8'],
    env: NO_ENV,
    ...(previous === undefined ? {} : { previous }),
    arguments: (wanted) => [
      `--folder=${join(home, 'storage')}`,
      ...(wanted === undefined
        ? []
        : [
            `--blob=${String(wanted.blob)}`,
            `--queue=${String(wanted.queue)}`,
            `--table=${String(wanted.table)}`,
          ]),
    ],
    parseReady: (message) => storageReady.safeParse(message).data?.ports,
    startBound: 30_000,
    stopBound: 2_000,
  };
}

export function cosmosService(home: string, previous?: number): ServiceDefinition<number> {
  return {
    name: 'cosmos',
    entry: sibling('cosmos-server'),
    nodeFlags: ['--max-semi-space-size=8'],
    env: NO_ENV,
    ...(previous === undefined ? {} : { previous }),
    arguments: (wanted) => [
      `--folder=${join(home, 'cosmos')}`,
      ...(wanted === undefined ? [] : [`--port=${String(wanted)}`]),
    ],
    parseReady: (message) => cosmosReady.safeParse(message).data?.port,
    startBound: 30_000,
    stopBound: 1_500,
  };
}

/** A hub of the stack's Event Hubs namespace. */
export interface EventHub {
  readonly name: string;
  /** 1 to 32. */
  readonly partitions: number;
  /** Besides `$Default`. */
  readonly consumerGroups?: readonly string[];
}

/** @param hubs at least one */
export function eventHubsService(
  home: string,
  hubs: readonly EventHub[],
  previous?: number,
): ServiceDefinition<number> {
  const texts = hubs.map(({ name, partitions, consumerGroups = [] }) =>
    [name, String(partitions), ...(consumerGroups.length > 0 ? [consumerGroups.join(',')] : [])].join(':'),
  );
  return {
    name: 'broker',
    entry: sibling('event-hubs-server'),
    nodeFlags: ['--max-semi-space-size=8'],
    env: NO_ENV,
    ...(previous === undefined ? {} : { previous }),
    arguments: (wanted) => [
      `--folder=${join(home, 'event-hubs')}`,
      ...texts.map((text) => `--hub=${text}`),
      ...(wanted === undefined ? [] : [`--port=${String(wanted)}`]),
    ],
    parseReady: (message) => eventHubsReady.safeParse(message).data?.port,
    startBound: 30_000,
    stopBound: 1_500,
  };
}

/** What the host needs to know of the app that it runs. */
export interface HostedApp {
  /** Folder with `package.json` and `host.json`. */
  readonly app: string;
  readonly port: number;
  /** The whole environment of the app. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether functions ask for their keys. */
  readonly auth: boolean;
}

/**
 * A Functions host. What it reports is its port. All hosts of an app have one state folder, where its keys are.
 * @param number of this host, from 1, where several share the port; undefined for one that has it for itself
 */
export function hostService(
  home: string,
  { app, port, env, auth }: HostedApp,
  number?: number,
): ServiceDefinition<number> {
  return {
    name: number === undefined ? 'host' : `host-${String(number)}`,
    entry: sibling('host/main'),
    nodeFlags: ['--max-semi-space-size=8'],
    env,
    arguments: (wanted) => [
      `--app=${app}`,
      `--state=${join(home, 'host')}`,
      `--port=${String(wanted ?? port)}`,
      ...(number === undefined ? [] : ['--shared-port']),
      ...(auth ? ['--auth'] : []),
    ],
    parseReady: (message) => {
      const report = parseHostReport(message);
      if (report?.type === 'failed') throw new StackError(report.message);
      return report?.type === 'ready' ? report.http.port : undefined;
    },
    startBound: 60_000,
    stopBound: 4_000,
  };
}

/** The module beside this one: TypeScript from the source, JavaScript from a build. */
function sibling(name: string): URL {
  return new URL(`./${name}${extname(import.meta.url)}`, import.meta.url);
}
