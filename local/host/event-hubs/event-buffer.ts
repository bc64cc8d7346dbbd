/** How the events of a partition become batches; times in milliseconds. */
export interface BatchRules {
  readonly max: number;
  /** Fewer wait for more, but not longer than `maxWait`. */
  readonly min: number;
  readonly maxWait: number;
  /** From this many events on the buffer is full. */
  readonly capacity: number;
}

/** The events of one partition between the network and the function. One side pushes, one takes. */
export class EventBuffer<Event> {
  readonly #rules: BatchRules;
  #events: Event[] = [];
  /** When the oldest events have waited long enough; undefined when there are none. */
  #due: number | undefined;
  #firstWait: number | undefined;
  #changed = Promise.withResolvers<void>();
  #room: PromiseWithResolvers<void> | undefined;
  #closed = false;

  constructor(rules: BatchRules) {
    this.#rules = rules;
  }

  /** Sets how long the very first batch may wait: part of the wait may have passed at another owner's. */
  waitFirst(milliseconds: number): void {
    this.#firstWait = milliseconds;
  }

  /** Adds events, also where there is no room. */
  push(events: readonly Event[]): void {
    if (this.#closed || events.length === 0) return;
    this.#events.push(...events);
    this.#due ??= performance.now() + (this.#firstWait ?? this.#rules.maxWait);
    this.#wake();
  }

  get isFull(): boolean {
    return this.#events.length >= this.#rules.capacity;
  }

  /** Waits while the buffer is full. */
  async room(): Promise<void> {
    if (!this.isFull) return;
    this.#room ??= Promise.withResolvers();
    await this.#room.promise;
  }

  /** Waits for the next batch. Undefined when the buffer is closed. */
  async take(): Promise<Event[] | undefined> {
    const { max, min, maxWait } = this.#rules;
    for (;;) {
      if (this.#closed) return undefined;
      const remaining = this.#due === undefined ? Infinity : this.#due - performance.now();
      if (this.#events.length >= min || remaining <= 0) break;
      await this.#change(remaining);
    }
    const batch = this.#events.slice(0, max);
    this.#events = this.#events.slice(max);
    this.#firstWait = undefined;
    this.#due = this.#events.length === 0 ? undefined : performance.now() + maxWait;
    if (!this.isFull) this.#giveRoom();
    return batch;
  }

  /** Drops what is in it; everyone who waits goes on. */
  close(): void {
    this.#closed = true;
    this.#events = [];
    this.#giveRoom();
    this.#wake();
  }

  #giveRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #change(longest: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    if (longest !== Infinity) timer = setTimeout(() => this.#wake(), Math.ceil(longest));
    try {
      await this.#changed.promise;
    } finally {
      clearTimeout(timer);
    }
  }
}
