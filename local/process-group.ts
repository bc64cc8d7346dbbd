import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from './atomic-file.ts';
import {
  type Addresses,
  cosmosConnection,
  type Processes,
  removeEndpoints,
  storageConnection,
  writeEndpoints,
} from './endpoints.ts';
import { brokerConnectionString } from './event-hubs/connection-string.ts';
import { type HomeLock, lockHome } from './home-lock.ts';
import { type Log, prefixingLog } from './log.ts';
import { Service, type ServiceDefinition } from './service.ts';
import { StackError } from './stack-error.ts';
import {
  cosmosService,
  type EventHub,
  eventHubsService,
  type HostedApp,
  hostService,
  type PersistedPorts,
  persistedPorts,
  storageService,
} from './services.ts';

interface GroupOptions {
  readonly home: string;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

type Role = 'storage' | 'cosmos' | 'eventHubs' | 'host';

/** Who ends after whom. The broker and Cosmos DB know nothing of each other. */
const STAGES_OF_END: readonly (readonly Role[])[] = [['host'], ['eventHubs', 'cosmos'], ['storage']];

/** A service of the group, whatever it reports. */
interface Member {
  readonly role: Role;
  readonly service: Pick<Service<unknown>, 'pid' | 'stop'>;
}

/** The processes of one stack: started in the order of their needs, ended the other way round, in one home folder. */
export class ProcessGroup {
  readonly ended: Promise<number>;
  readonly #home: string;
  readonly #log: Log;
  readonly #lock: HomeLock;
  readonly #members: Member[] = [];
  readonly #stopRequest = new AbortController();
  readonly #resolveEnded: (exitCode: number) => void;
  #addresses: Addresses | undefined;
  #writing = Promise.resolve();
  #ending: Promise<void> | undefined;

  private constructor(home: string, log: Log, lock: HomeLock) {
    this.#home = home;
    this.#log = log;
    this.#lock = lock;
    const { promise, resolve } = Promise.withResolvers<number>();
    this.ended = promise;
    this.#resolveEnded = resolve;
  }

  /**
   * Takes the home folder.
   * @param url how others will name this stack
   * @throws StackError when another stack has it
   */
  static async open(options: GroupOptions, url: string): Promise<ProcessGroup> {
    const { home, log = prefixingLog(process.stderr), signal } = options;
    signal?.throwIfAborted();
    await mkdir(home, { recursive: true });
    const group = new ProcessGroup(home, log, await lockHome(home, url, signal));
    const stop = (): void => void group.stop();
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
    return group;
  }

  /**
   * Starts the group's members. Whatever goes wrong, and when the group is told to stop meanwhile, everything that was
   * started has ended before this rejects.
   * @param start is given a signal that tells it to give up
   */
  async guard<T>(start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = this.#stopRequest;
    const stopped = Promise.withResolvers<never>();
    const rejectStopped = (): void => stopped.reject(asError(signal.reason));
    signal.addEventListener('abort', rejectStopped, { once: true });
    try {
      signal.throwIfAborted();
      return await Promise.race([start(signal), stopped.promise]);
    } catch (error) {
      await this.#end(1, asError(error));
      throw error;
    } finally {
      signal.removeEventListener('abort', rejectStopped);
    }
  }

  /**
   * Starts the hosts of an app, all on one port, each kept running by itself.
   * @returns the port, once all are ready
   */
  async startHosts(hosted: HostedApp, instances: number): Promise<number> {
    if (instances === 1) return this.#start('host', hostService(this.#home, hosted));
    const port = await this.#start('host', hostService(this.#home, hosted, 1));
    const others = Array.from({ length: instances - 1 }, (_, index) =>
      this.#start('host', hostService(this.#home, { ...hosted, port }, index + 2)),
    );
    await Promise.all(others);
    return port;
  }

  /**
   * Starts storage, Cosmos DB and, where there are hubs, Event Hubs, on the ports that they had the last time where
   * those are free.
   */
  async startStores(
    hubs: readonly EventHub[],
  ): Promise<{ storage: string; cosmos: string; eventHubs?: string }> {
    const path = join(this.#home, 'ports.json');
    const previous = await readPorts(path);
    const storage = await this.#start('storage', storageService(this.#home, previous.storage));
    const cosmos = await this.#start('cosmos', cosmosService(this.#home, previous.cosmos));
    const eventHubs =
      hubs.length === 0
        ? undefined
        : await this.#start('eventHubs', eventHubsService(this.#home, hubs, previous.eventHubs));
    const ports: PersistedPorts = { storage, cosmos, eventHubs: eventHubs ?? previous.eventHubs };
    await replaceFile(path, `${JSON.stringify(ports)}\n`);
    return {
      storage: storageConnection(storage),
      cosmos: cosmosConnection(cosmos),
      ...(eventHubs === undefined ? {} : { eventHubs: brokerConnectionString(eventHubs) }),
    };
  }

  /** Starts one service more, and keeps it running. */
  async #start<Ready>(role: Role, definition: ServiceDefinition<Ready>): Promise<Ready> {
    this.#stopRequest.signal.throwIfAborted();
    const service = new Service(definition, {
      log: this.#log,
      onRestart: () => this.#rewriteEndpoints(),
      onGivenUp: (reason) => {
        this.#log('stack', `${reason}: the stack ends`);
        void this.#end(1, new StackError(reason));
      },
    });
    this.#members.push({ role, service });
    return service.start();
  }

  /** Writes down, for others to find, where the services are; again whenever one was restarted. */
  async announce(addresses: Addresses): Promise<void> {
    this.#addresses = addresses;
    this.#rewriteEndpoints();
    await this.#writing;
  }

  /** The processes that serve now: a restarted service has another id, and none until it is back. */
  processes(): Processes {
    const pids = (role: Role): number[] =>
      this.#withRoles([role]).flatMap(({ service: { pid } }) => (pid === undefined ? [] : [pid]));
    const host = pids('host');
    const [storage, cosmos, eventHubs] = [pids('storage')[0], pids('cosmos')[0], pids('eventHubs')[0]];
    return {
      supervisor: process.pid,
      ...(host.length === 0 ? {} : { host }),
      ...(storage === undefined ? {} : { storage }),
      ...(cosmos === undefined ? {} : { cosmos }),
      ...(eventHubs === undefined ? {} : { eventHubs }),
    };
  }

  stop(): Promise<void> {
    return this.#end(0, new DOMException('the stack was told to stop', 'AbortError'));
  }

  #end(exitCode: number, reason: Error): Promise<void> {
    this.#ending ??= this.#endOnce(exitCode, reason);
    return this.#ending;
  }

  async #endOnce(exitCode: number, reason: Error): Promise<void> {
    this.#stopRequest.abort(reason);
    try {
      await this.#lock.announceClosing();
      for (const roles of STAGES_OF_END) {
        await Promise.all(this.#withRoles(roles).map(({ service }) => service.stop()));
      }
      await this.#writing;
      await removeEndpoints(this.#home);
    } finally {
      this.#lock.release();
      this.#resolveEnded(exitCode);
    }
  }

  #withRoles(roles: readonly Role[]): readonly Member[] {
    return this.#members.filter(({ role }) => roles.includes(role));
  }

  #rewriteEndpoints(): void {
    this.#writing = this.#writeEndpoints(this.#writing);
  }

  async #writeEndpoints(earlier: Promise<void>): Promise<void> {
    await earlier;
    if (this.#addresses === undefined || this.#stopRequest.signal.aborted) return;
    await writeEndpoints(this.#home, { ...this.#addresses, processes: this.processes() });
  }
}

async function readPorts(path: string): Promise<PersistedPorts> {
  try {
    return persistedPorts.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
