import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseHostReport } from '../local/host/protocol.ts';

const ENTRY = new URL('../local/host/main.ts', import.meta.url);
const START_BOUND_MS = 60_000;
const RETRY_MS = 25;

interface Slot {
  readonly child: ChildProcess;
  /** Undefined while it starts. */
  url: string | undefined;
  readonly ready: Promise<void>;
}

/** Hosts of one app with one task hub, which can be killed and are started again. */
export class CrashHosts {
  readonly #app: string;
  readonly #state: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #slots: Slot[] = [];
  readonly #output: string[] = [];
  #failure: Error | undefined;
  #requests = 0;

  /**
   * @param app the app's folder
   * @param state the folder of the hosts' state
   */
  constructor(app: string, state: string, env: Readonly<Record<string, string | undefined>>) {
    this.#app = app;
    this.#state = state;
    this.#env = env;
  }

  /** What the hosts wrote, the last of it. */
  get output(): string {
    return this.#output.join('');
  }

  async start(count: number): Promise<void> {
    for (let index = 0; index < count; index++) this.#slots.push(this.#launch());
    await Promise.all(this.#slots.map(({ ready }) => ready));
  }

  /** Resolves when the host serves; one that is killed first counts as ready, because it won't be. */
  async ready(index: number): Promise<void> {
    await this.#slots[index]?.ready;
  }

  /** Kills a host by SIGKILL, whatever it does, and starts another one in its place, without waiting for that one. */
  async kill(index: number): Promise<void> {
    const slot = this.#slots[index];
    if (slot === undefined) throw new RangeError(`There is no host ${index}`);
    const gone = once(slot.child, 'exit');
    slot.url = undefined;
    slot.child.kill('SIGKILL');
    await gone;
    this.#slots[index] = this.#launch();
  }

  /** Sends a request to a host that serves. @returns undefined when that died before it answered: it may have done it */
  async attempt(path: string, init: RequestInit = {}): Promise<Response | undefined> {
    const url = await this.#anyUrl();
    try {
      const response = await fetch(`${url}${path}`, init);
      const { status, headers } = response;
      return new Response(await response.arrayBuffer(), { status, headers });
    } catch (error) {
      if (error instanceof TypeError) return undefined;
      throw error;
    }
  }

  /** Asks until a host has answered. */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    for (;;) {
      const response = await this.attempt(path, init);
      if (response !== undefined) return response;
    }
  }

  /** Ends the hosts properly. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#slots.map(async ({ child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = once(child, 'exit');
        child.send({ type: 'stop' });
        await gone;
      }),
    );
  }

  async #anyUrl(): Promise<string> {
    const giveUp = Date.now() + START_BOUND_MS;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const urls = this.#slots.flatMap(({ url }) => (url === undefined ? [] : [url]));
      const url = urls[this.#requests++ % Math.max(1, urls.length)];
      if (url !== undefined) return url;
      if (Date.now() > giveUp) throw new Error(`No host serves:\n${this.output}`);
      await wait(RETRY_MS);
    }
  }

  #launch(): Slot {
    const child = fork(fileURLToPath(ENTRY), [`--app=${this.#app}`, `--state=${this.#state}`, '--port=0'], {
      env: { ...this.#env },
      execArgv: ['--max-semi-space-size=8'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output.push(text);
        if (this.#output.length > 1_000) this.#output.shift();
      });
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(new Error(`A host was not ready within ${START_BOUND_MS / 1_000} s:\n${this.output}`)),
      START_BOUND_MS,
    );
    const slot: Slot = { child, url: undefined, ready: promise };
    child.on('message', (message) => {
      const report = parseHostReport(message);
      if (report?.type === 'failed') reject(new Error(report.message));
      if (report?.type !== 'ready') return;
      slot.url = `http://127.0.0.1:${report.http.port}`;
      clearTimeout(timer);
      resolve();
    });
    child.once('exit', (code, signal) => {
      slot.url = undefined;
      clearTimeout(timer);
      if (signal === 'SIGKILL') resolve();
      else reject(new Error(`A host ended with ${signal ?? code}:\n${this.output}`));
    });
    promise.catch((error: unknown) => {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
    });
    return slot;
  }
}
