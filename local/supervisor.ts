import { setTimeout as wait } from 'node:timers/promises';
import { type Addresses, type Endpoints, httpUrl } from './endpoints.ts';
import { isFree } from './listen.ts';
import type { Log } from './log.ts';
import { ProcessGroup } from './process-group.ts';
import type { EventHub } from './services.ts';
import { StackError } from './stack-error.ts';

/** Connection strings of the services that an app needs. */
export interface Connections {
  readonly storage: string;
  readonly cosmos: string;
  /** Absent where the stack has no event hubs. */
  readonly eventHubs?: string;
}

export interface ServicesOptions {
  /** The folder that keeps everything; made when absent. One stack at a time has it. */
  readonly home: string;
  /** Without any, Event Hubs is not started. Hubs of an earlier start that are not named keep their data. */
  readonly eventHubs?: readonly EventHub[];
  /** Default: standard error, each line behind the name of its service. */
  readonly log?: Log;
  /** Stops the stack, also while it is still starting; `startStack` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface StackOptions extends ServicesOptions {
  /** Where the app answers on 127.0.0.1; 0 lets the system choose. */
  readonly port: number;
  /** Folder of a Functions app: `package.json`, `host.json`. */
  readonly app: string;
  /** The app's whole environment, besides the connections, which are added. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether functions ask for their keys. */
  readonly auth?: boolean;
  /** How many host processes share the port; default 1. More need a system that spreads connections, such as Linux. */
  readonly instances?: number;
  /** Runs when the services are there and before the app is. */
  readonly beforeHost?: (connections: Connections, signal: AbortSignal) => Promise<void>;
}

export interface Services {
  /** As they are now: the process of a service that is being restarted is absent until it serves again. */
  readonly endpoints: Endpoints;
  /** Ends every process, the hosts first and the storage last, and keeps the state. To call it again does no harm. */
  stop(): Promise<void>;
  /** The exit code that it came to: 0 after `stop`, 1 when a service could not be kept running. */
  readonly ended: Promise<number>;
}

export interface Stack extends Services {
  readonly endpoints: Endpoints & { readonly http: string };
}

/** How long the host of a stack that was killed may take to let go of its port. */
const ORPHAN_BOUND_MS = 3_000;
const POLL_MS = 100;
/** Enough to see what several hosts do to an app; each takes a whole Node process. */
const MOST_INSTANCES = 16;

/**
 * Starts storage, Cosmos DB, Event Hubs and the Functions hosts with an app, in this order, each when the one before
 * it is ready.
 * @throws StackError in words for the user, after everything that was started has ended: the home folder or the port
 * is in use, a service does not start, the system can't share a port between hosts
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { port, app, env = {}, auth = false, instances = 1, eventHubs = [], beforeHost } = options;
  if (!Number.isInteger(instances) || instances < 1 || instances > MOST_INSTANCES) {
    throw new StackError(`The number of instances has to be 1 to ${String(MOST_INSTANCES)}.`);
  }
  const group = await ProcessGroup.open(options, httpUrl(port));
  return group.guard(async (signal) => {
    await freePort(port, signal);
    const connections = await group.startStores(eventHubs);
    await beforeHost?.(connections, signal);
    const appEnv = {
      ...env,
      STORAGE_CONNECTION: connections.storage,
      COSMOS_CONNECTION: connections.cosmos,
      ...(connections.eventHubs === undefined ? {} : { EVENTHUBS_CONNECTION: connections.eventHubs }),
      AzureWebJobsStorage: connections.storage,
    };
    const bound = await group.startHosts({ app, port, env: appEnv, auth }, instances);
    return handle(group, { http: httpUrl(bound), ...connections });
  });
}

/**
 * Starts storage, Cosmos DB and Event Hubs only, on free ports: what a test of an adapter or a tool needs.
 * @throws StackError as `startStack`
 */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const group = await ProcessGroup.open(options, 'services without an app');
  return group.guard(async () => {
    return handle(group, await group.startStores(options.eventHubs ?? []));
  });
}

/**
 * Stops a stack at the first SIGINT, SIGTERM or SIGHUP. Further ones change nothing: a terminal sends them to the
 * whole process group, `npm` passes them on once more, and a stop that saves must not be cut short by that.
 */
export function stopOnSignals(stack: Pick<Services, 'stop'>): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stack.stop());
}

/** Lets others find the stack, then hands it out. */
async function handle<A extends Addresses>(
  group: ProcessGroup,
  addresses: A,
): Promise<Services & { readonly endpoints: A & Endpoints }> {
  await group.announce(addresses);
  return {
    get endpoints() {
      return { ...addresses, processes: group.processes() };
    },
    stop: () => group.stop(),
    ended: group.ended,
  };
}

async function freePort(port: number, signal: AbortSignal): Promise<void> {
  const giveUp = Date.now() + ORPHAN_BOUND_MS;
  while (port !== 0 && !(await isFree(port))) {
    if (Date.now() > giveUp) {
      throw new StackError(`Port ${String(port)} is in use by another program. Set PORT to another one.`);
    }
    await wait(POLL_MS, undefined, { signal });
  }
}
