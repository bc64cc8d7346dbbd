import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const root = resolve(import.meta.dirname, '../../..');

export interface Ended {
  readonly code: unknown;
  readonly output: string;
  readonly errors: string;
  /** The last line of the output, read as JSON. */
  readonly result: () => unknown;
}

/** Runs one of the commands, as `npm run` does, until it ends. */
export async function command(
  tool: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [join(root, 'tools', `${tool}.ts`), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return {
    code,
    output,
    errors,
    result: () => JSON.parse(output.trim().split('\n').at(-1) ?? '') as unknown,
  };
}
