import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { z } from 'zod';

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** A process of the stack, started as the supervisor does and ended with the test. */
export async function startChild<T>(entry: string, parameters: readonly string[], ready: z.ZodType<T>) {
  const child = fork(new URL(`../../../local/${entry}`, import.meta.url), parameters, {
    execArgv: [],
    env: {},
  });
  onTestFinished(async () => void (await end(child, () => child.kill('SIGKILL'))));
  const message: unknown = (await once(child, 'message'))[0];
  return {
    child,
    ready: ready.parse(message),
    kill: () => end(child, () => child.kill('SIGKILL')),
    stop: () => end(child, () => child.send({ type: 'stop' })),
  };
}

/** @returns the exit code, null after a kill */
async function end(child: ChildProcess, how: () => unknown): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, 'exit');
    how();
    await gone;
  }
  return child.exitCode;
}
