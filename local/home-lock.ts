import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { replaceFile } from './atomic-file.ts';
import { tryLock } from './lock.ts';
import { StackError } from './stack-error.ts';

/** Who has a home folder, for the message to the next one who wants it. */
const holder = z.object({ pid: z.number(), url: z.string(), closing: z.boolean() });

type Holder = z.infer<typeof holder>;

/** The right to run a stack in a home folder. It ends with the process. */
export interface HomeLock {
  /** Lets a next stack know that waiting is worth while. */
  announceClosing(): Promise<void>;
  release(): void;
}

/** How long a stack that is closing is waited for. */
const CLOSING_BOUND = 15_000;
/** A stack that was told to close may not have announced it yet. */
const ANNOUNCEMENT_BOUND = 2_000;
const POLL_MS = 100;

/**
 * Takes a home folder for this process's stack.
 * @param url where the stack will answer
 * @param signal ends the waiting
 * @throws StackError naming the URL and the process of the stack that has the folder
 */
export async function lockHome(home: string, url: string, signal?: AbortSignal): Promise<HomeLock> {
  const started = Date.now();
  for (;;) {
    const lock = tryLock(join(home, 'lock.db'));
    if (lock !== undefined) {
      const tell = (closing: boolean): Promise<void> =>
        replaceFile(
          holderPath(home),
          `${JSON.stringify({ pid: process.pid, url, closing } satisfies Holder)}\n`,
        );
      await tell(false);
      return { announceClosing: () => tell(true), release: () => lock.release() };
    }
    const other = readHolder(home);
    const bound = other?.closing === true ? CLOSING_BOUND : ANNOUNCEMENT_BOUND;
    if (Date.now() - started > bound) throw new StackError(inUse(home, other));
    await wait(POLL_MS, undefined, signal === undefined ? {} : { signal });
  }
}

function inUse(home: string, other: Holder | undefined): string {
  const who = other === undefined ? 'another process' : `${other.url} (process ${String(other.pid)})`;
  const state = other?.closing === true ? 'is still closing' : 'is already running';
  return `A stack ${state} in ${home}: ${who}. Stop it first, or set TOLLGATE_HOME and PORT for a second one.`;
}

function readHolder(home: string): Holder | undefined {
  try {
    return holder.safeParse(JSON.parse(readFileSync(holderPath(home), 'utf8'))).data;
  } catch (error) {
    // The one who has just taken the lock may not have written it yet.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function holderPath(home: string): string {
  return join(home, 'stack.json');
}
