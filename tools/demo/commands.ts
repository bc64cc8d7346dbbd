import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** Of what a command wrote, in characters. */
const KEPT_OUTPUT = 4_000;

/** Runs this project's commands against one stack, as a user would type them. */
export class Commands {
  readonly #home: string;
  readonly #say: (line: string) => void;
  readonly #running = new Set<ChildProcess>();

  constructor(home: string, say: (line: string) => void) {
    this.#home = home;
    this.#say = say;
  }

  /** Runs a command to its end. @returns its standard output @throws Error where it fails */
  async run(name: string, ...args: readonly string[]): Promise<string> {
    return this.begin(name, ...args).ended;
  }

  /** Runs a command in the background. `stop` ends it, and is no failure. */
  begin(
    name: string,
    ...args: readonly string[]
  ): { readonly ended: Promise<string>; readonly stop: () => Promise<void> } {
    this.#say(`$ npm run ${name} -- ${args.join(' ')}`);
    const child = spawn(process.execPath, [resolve(import.meta.dirname, `../${name}.ts`), ...args], {
      env: { ...process.env, TOLLGATE_HOME: this.#home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    let [output, errors, isStopped] = ['', '', false];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (errors = (errors + text).slice(-KEPT_OUTPUT)));
    const exited = once(child, 'exit');
    const ended = exited.then(() => {
      this.#running.delete(child);
      if (child.exitCode !== 0 && !isStopped) throw new Error(`npm run ${name} failed:\n${output}${errors}`);
      return output;
    });
    // Whoever stops it does not wait for its output.
    ended.catch(() => undefined);
    const stop = async () => {
      isStopped = true;
      child.kill('SIGTERM');
      await exited;
    };
    return { ended, stop };
  }

  /** Ends what still runs. */
  stopAll(): void {
    for (const child of this.#running) child.kill('SIGTERM');
  }
}
