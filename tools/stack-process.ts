import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type StackEndpoints, stackEndpoints } from './stack-connection.ts';

const ENTRY = join(import.meta.dirname, 'start.ts');
const START_BOUND_MS = 120_000;
const POLL_MS = 50;
/** Of what the stack wrote, in characters. */
const KEPT_OUTPUT = 20_000;

/** What `npm start` starts, in a process group of its own, which can be killed as a whole. */
export class StackProcess {
  /** Where it is, once it can score. */
  readonly ready: Promise<StackEndpoints>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #output = '';

  /** @param env further settings; `PORT` is picked free where they name none */
  constructor(home: string, env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [ENTRY], {
      detached: true,
      env: { ...process.env, TOLLGATE_HOME: home, PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#ended = once(this.#child, 'exit');
    const { promise: greeted, resolve } = Promise.withResolvers<void>();
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
        if (this.#output.includes('Tollgate serves on')) resolve();
      });
    }
    this.ready = this.#untilReady(home, greeted);
    // Whoever kills it early does not wait for it.
    this.ready.catch(() => undefined);
  }

  /** What it wrote, the last of it. */
  get output(): string {
    return this.#output;
  }

  /** Ends every process of the stack at once, whatever it does. */
  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.#ended;
  }

  /** Ends the stack properly. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended;
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal);
  }

  async #untilReady(home: string, greeted: Promise<void>): Promise<StackEndpoints> {
    const dead = this.#ended.then(() => Promise.reject(new Error(`The stack has ended:\n${this.output}`)));
    await Promise.race([greeted, dead]);
    const endpoints = await stackEndpoints(home);
    const giveUp = Date.now() + START_BOUND_MS;
    for (;;) {
      if (await isReady(endpoints.http)) return endpoints;
      if (Date.now() > giveUp) throw new Error(`The stack was not ready to score:\n${this.output}`);
      await Promise.race([wait(POLL_MS), dead]);
    }
  }
}

/** Whether the app at an address would score now; not so either while nobody is there. */
export async function isReady(url: string): Promise<boolean> {
  const reply = await fetch(new URL('/api/health/ready', url)).catch(() => undefined);
  await reply?.arrayBuffer();
  return reply?.status === 200;
}
