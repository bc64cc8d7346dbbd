import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tryLock } from '../lock.ts';

/** A right that one host has at a time. */
export interface HeldSingleton {
  /** Whether no other host can have it now. */
  isHeld(): boolean;
  /** Aborted when it is no longer held, unless it was released. */
  readonly lost: AbortSignal;
  /** Lets another host have it at once. @throws Error when nobody could be told: it then ends by itself */
  release(): Promise<void>;
}

/** Rights that the hosts of one app share out among themselves. */
export interface Singletons {
  /**
   * Takes the right of that name, unless another host has it.
   * @param signal gives up
   * @throws Error when it can't be found out
   */
  tryAcquire(name: string, signal: AbortSignal): Promise<HeldSingleton | undefined>;
}

/** For hosts that share a state folder: a right ends with the process that holds it, however it ends. */
export class FolderSingletons implements Singletons {
  readonly #folder: string;

  constructor(stateDirectory: string) {
    this.#folder = join(stateDirectory, 'locks');
  }

  async tryAcquire(name: string): Promise<HeldSingleton | undefined> {
    await mkdir(this.#folder, { recursive: true });
    const lock = tryLock(join(this.#folder, `${name}.db`));
    if (lock === undefined) return undefined;
    let held = true;
    return {
      isHeld: () => held,
      lost: new AbortController().signal,
      release: async () => {
        held = false;
        lock.release();
        await Promise.resolve();
      },
    };
  }
}
