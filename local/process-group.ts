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
import { type HomeLock, lockHome } from './home-lock.ts';
import { type Log, prefixingLog } from './log.ts';
import { Service, type ServiceDefinition } from './service.ts';
import { StackError } from './stack-error.ts';
import { cosmosService, type PersistedPorts, persistedPorts, storageService } from './services.ts';

interface GroupOptions {
  readonly home: string;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

/** A service of the group, whatever it reports. */
type Member = Pick<Service<unknown>, 'name' | 'pid' | 'stop'>;

/** The processes of one stack: started one after the other, ended the other way round, together in one home folder. */
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

  /** Starts one service more, and keeps it running. */
  async start<Ready>(definition: ServiceDefinition<Ready>): Promise<Ready> {
    this.#stopRequest.signal.throwIfAborted();
    const service = new Service(definition, {
      log: this.#log,
      onRestart: () => this.#rewriteEndpoints(),
      onGivenUp: (reason) => {
        this.#log('stack', `${reason}: the stack ends`);
        void this.#end(1, new StackError(reason));
      },
    });
    this.#members.push(service);
    return service.start();
  }

  /** Starts storage and Cosmos DB, on the ports that they had the last time where those are free. */
  async startStores(): Promise<{ storage: string; cosmos: string }> {
    const path = join(this.#home, 'ports.json');
    const previous = await readPorts(path);
    const storage = await this.start(storageService(this.#home, previous.storage));
    const cosmos = await this.start(cosmosService(this.#home, previous.cosmos));
    await replaceFile(path, `${JSON.stringify({ storage, cosmos } satisfies PersistedPorts)}\n`);
    return { storage: storageConnection(storage), cosmos: cosmosConnection(cosmos) };
  }

  /** Writes down, for others to find, where the services are; again whenever one was restarted. */
  async announce(addresses: Addresses): Promise<void> {
    this.#addresses = addresses;
    this.#rewriteEndpoints();
    await this.#writing;
  }

  /** The processes as they are now: a restarted service has another id. */
  processes(): Processes {
    const pid = (name: string): number | undefined =>
      this.#members.find((member) => member.name === name)?.pid;
    const [host, storage, cosmos] = [pid('host'), pid('storage'), pid('cosmos')];
    return {
      supervisor: process.pid,
      ...(host === undefined ? {} : { host: [host] }),
      ...(storage === undefined ? {} : { storage }),
      ...(cosmos === undefined ? {} : { cosmos }),
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
      for (const member of this.#members.toReversed()) await member.stop();
      await this.#writing;
      await removeEndpoints(this.#home);
    } finally {
      this.#lock.release();
      this.#resolveEnded(exitCode);
    }
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
