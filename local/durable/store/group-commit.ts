interface Waiting {
  /** Does the work. @returns what tells its caller, once it is on disk */
  readonly work: () => () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes what ends at about the same time as one transaction: under load a transaction costs more than what it writes.
 */
export class GroupCommit {
  readonly #together: (work: () => void) => void;
  #waiting: Waiting[] = [];

  /** @param together makes one transaction of what is called in it: an error undoes all of it */
  constructor(together: (work: () => void) => void) {
    this.#together = together;
  }

  /**
   * Resolves when the work is on disk.
   * @param work calls the store's methods, waits for nothing, and can be called again after it was undone
   * @throws its error
   */
  async run<T>(work: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.push({
      work: () => {
        const result = work();
        return () => resolve(result);
      },
      reject,
    });
    if (this.#waiting.length === 1) setImmediate(() => this.#writeAll());
    return promise;
  }

  #writeAll(): void {
    const group = this.#waiting;
    this.#waiting = [];
    try {
      this.#write(group);
    } catch {
      // One of them has undone the others, which may well succeed without it.
      for (const one of group) this.#writeAlone(one);
    }
  }

  #writeAlone(one: Waiting): void {
    try {
      this.#write([one]);
    } catch (error) {
      one.reject(error);
    }
  }

  #write(group: readonly Waiting[]): void {
    const told: (() => void)[] = [];
    this.#together(() => {
      for (const { work } of group) told.push(work());
    });
    for (const tell of told) tell();
  }
}
