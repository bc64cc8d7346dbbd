/** Tells listeners that there may be work. Any number of signals in one go are one call, right after it. */
export class WorkSignal {
  readonly #listeners = new Set<() => void>();
  #planned = false;

  /** @returns ends the listening */
  listen(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  raise(): void {
    if (this.#planned || this.#listeners.size === 0) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      for (const listener of this.#listeners) listener();
    });
  }
}
