import { setTimeout as wait } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';

/** A lock that ends with the process that holds it, however it ends: there are no stale ones. */
export interface Lock {
  release(): void;
}

const SQLITE_BUSY = 5;
const POLL_MS = 50;

/** Keeps the connections of held locks from being collected, which would end the locks. */
const held = new Set<DatabaseSync>();

/**
 * Takes the lock that a file stands for, unless another process (or another part of this one) has it. SQLite's
 * exclusive transaction is the lock: the operating system holds it, on every platform.
 */
export function tryLock(path: string): Lock | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
  held.add(database);
  return {
    release: () => {
      held.delete(database);
      database.close();
    },
  };
}

/**
 * Takes the lock as soon as it is free.
 * @param bound milliseconds
 * @throws Error when it was not free within the bound
 */
export async function waitForLock(path: string, bound: number): Promise<Lock> {
  const giveUp = Date.now() + bound;
  for (;;) {
    const lock = tryLock(path);
    if (lock !== undefined) return lock;
    if (Date.now() >= giveUp) throw new Error(`${path} is still in use by another process`);
    await wait(POLL_MS);
  }
}
