import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { STOP } from './child-protocol.ts';
import { type Log, logLines } from './log.ts';
import { StackError } from './stack-error.ts';

/** How to run one service of the stack. */
export interface ServiceDefinition<Ready> {
  readonly name: string;
  readonly entry: URL;
  readonly nodeFlags: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it reported in an earlier run of the stack; it is asked to be there again if it can. */
  readonly previous?: Ready;
  readonly arguments: (wanted: Ready | undefined) => readonly string[];
  /** What a message of the process reports, undefined for any other message. @throws StackError a reported failure */
  readonly parseReady: (message: unknown) => Ready | undefined;
  /** Milliseconds until it is killed. */
  readonly startBound: number;
  readonly stopBound: number;
}

/** What a service has to tell the one who runs it. */
export interface ServiceEvents {
  readonly log: Log;
  /** It is there again, as another process. */
  readonly onRestart: () => void;
  /** It can't be kept running. */
  readonly onGivenUp: (reason: string) => void;
}

const MOST_RESTARTS = 5;
const RESTARTS_WITHIN_MS = 60_000;
const FIRST_BACK_OFF_MS = 100;

/** One service in a process of its own, which is started again when it dies. */
export class Service<Ready> {
  readonly #definition: ServiceDefinition<Ready>;
  readonly #events: ServiceEvents;
  readonly #restarts: number[] = [];
  #child: ChildProcess | undefined;
  #address: Ready | undefined;
  #serves = false;
  #stopping = false;

  constructor(definition: ServiceDefinition<Ready>, events: ServiceEvents) {
    this.#definition = definition;
    this.#events = events;
  }

  get name(): string {
    return this.#definition.name;
  }

  /** The process, while it serves: one that is still starting would refuse whoever was told of it. */
  get pid(): number | undefined {
    return this.#serves ? this.#child?.pid : undefined;
  }

  /**
   * Starts the process and waits until it serves.
   * @throws StackError when it ends or reports a failure first, or takes too long
   */
  async start(): Promise<Ready> {
    this.#address = await this.#launch();
    return this.#address;
  }

  /** Ends the process: by message, and if that takes too long by force. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined || hasEnded(child)) return;
    const gone = once(child, 'exit');
    child.send(STOP, (error) => {
      // The channel closes when the process ends, which is what was wanted.
      if (error !== null && !hasEnded(child)) this.#say(`could not be told to stop: ${error.message}`);
    });
    if (await within(gone, this.#definition.stopBound)) return;
    this.#say(`did not end within ${String(this.#definition.stopBound)} ms and is killed`);
    child.kill('SIGKILL');
    await gone;
  }

  async #launch(): Promise<Ready> {
    const { name, entry, nodeFlags, env, previous, parseReady, startBound } = this.#definition;
    const child = fork(entry, this.#definition.arguments(this.#address ?? previous), {
      execArgv: [...nodeFlags],
      env: { ...compileCache(), ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    logLines(child.stdout, name, this.#events.log);
    logLines(child.stderr, name, this.#events.log);
    const { promise, resolve, reject } = Promise.withResolvers<Ready>();
    child.on('message', (message) => {
      try {
        const ready = parseReady(message);
        if (ready !== undefined) resolve(ready);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      reject(
        new StackError(
          `${name} ended ${signal === null ? `with exit code ${String(code)}` : `by ${signal}`}`,
        ),
      );
    });
    const timer = setTimeout(() => {
      reject(new StackError(`${name} was not ready within ${String(startBound / 1_000)} s`));
    }, startBound);
    try {
      const ready = await promise;
      // The others were told the old address when they started.
      if (this.#address !== undefined && !isDeepStrictEqual(ready, this.#address)) {
        throw new StackError(`${name} came back at another address`);
      }
      this.#serves = true;
      child.on('exit', (code, signal) => this.#afterDeath(signal ?? `exit code ${String(code)}`));
      return ready;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #afterDeath(cause: string): void {
    this.#serves = false;
    if (this.#stopping) return;
    this.#restart(cause).catch((error: unknown) => this.#events.onGivenUp(String(error)));
  }

  async #restart(cause: string): Promise<void> {
    for (let reason = `died (${cause})`; ;) {
      const now = Date.now();
      const recent = this.#restarts.filter((at) => at > now - RESTARTS_WITHIN_MS);
      if (recent.length >= MOST_RESTARTS) {
        const { name } = this.#definition;
        this.#events.onGivenUp(`${name} ${reason}, after ${String(MOST_RESTARTS)} restarts within a minute`);
        return;
      }
      this.#restarts.push(now);
      const backOff = FIRST_BACK_OFF_MS * 2 ** recent.length;
      this.#say(`${reason}; starting it again in ${String(backOff)} ms`);
      await wait(backOff);
      if (this.#stopping) return;
      try {
        await this.#launch();
        this.#say(`is back as process ${String(this.pid)}`);
        this.#events.onRestart();
        return;
      } catch (error) {
        if (this.#stopping) return;
        reason = `could not be started again (${error instanceof Error ? error.message : String(error)})`;
      }
    }
  }

  #say(text: string): void {
    this.#events.log(this.#definition.name, text);
  }
}

/** What Node has compiled is kept where this process keeps it, if it does: a service starts in half the time. */
function compileCache(): Record<string, string> {
  const ours = getCompileCacheDir();
  // Each version of Node has a folder of its own in the one that is asked for.
  return ours === undefined ? {} : { NODE_COMPILE_CACHE: dirname(ours) };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

/** Whether something happens within so many milliseconds. */
async function within(event: Promise<unknown>, bound: number): Promise<boolean> {
  const giveUp = new AbortController();
  const happened = (async () => {
    await event;
    return true;
  })();
  try {
    return await Promise.race([happened, wait(bound, false, { signal: giveUp.signal })]);
  } finally {
    giveUp.abort();
  }
}
