/**
 * Keeps up to `most` pieces of work under way: takes some when it is told that there may be some, and whenever one has
 * ended.
 */
export class ClaimLoop<Work> {
  readonly #most: number;
  readonly #claim: (most: number) => readonly Work[];
  readonly #run: (work: Work) => Promise<void>;
  readonly #running = new Set<Promise<void>>();
  #planned = false;
  #stopped = false;

  /**
   * @param claim takes up to so many; may return fewer
   * @param run must not reject
   */
  constructor(most: number, claim: (most: number) => readonly Work[], run: (work: Work) => Promise<void>) {
    this.#most = most;
    this.#claim = claim;
    this.#run = run;
  }

  /** Looks for work soon; any number of calls before that are one. */
  wake(): void {
    if (this.#planned || this.#stopped || this.#running.size >= this.#most) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.#take();
    });
  }

  /** Takes nothing new; resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  #take(): void {
    if (this.#stopped) return;
    for (const work of this.#claim(this.#most - this.#running.size)) {
      const run = this.#run(work).finally(() => {
        this.#running.delete(run);
        this.wake();
      });
      this.#running.add(run);
    }
  }
}
