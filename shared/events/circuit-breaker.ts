export interface BreakerTimes {
  /** Between probes that get no answer. Milliseconds. */
  readonly probeEvery: number;
  /** From opening to the first probe: as above, doubled each time that the hub answered probes but then no send, up to this. */
  readonly probeAtMost: number;
}

/**
 * Remembers that a service does not answer, so that only the first caller pays for finding out; a probe in the
 * background finds out when it does again.
 */
export class CircuitBreaker {
  readonly #probe: () => Promise<void>;
  readonly #report: (message: string, error?: unknown) => void;
  readonly #times: BreakerTimes;
  #open = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #pause: number;

  /** @param probe resolves when the service answers */
  constructor(
    probe: () => Promise<void>,
    report: (message: string, error?: unknown) => void,
    times: BreakerTimes = { probeEvery: 250, probeAtMost: 30_000 },
  ) {
    this.#probe = probe;
    this.#report = report;
    this.#times = times;
    this.#pause = times.probeEvery;
  }

  /** Whether calls should not even be tried. */
  get open(): boolean {
    return this.#open;
  }

  /** To be called after a call that worked, also one that was tried while it was open: the next failure is a new one. */
  succeeded(): void {
    this.#pause = this.#times.probeEvery;
    this.#answered();
  }

  /** To be called after a call that failed, or whose outcome is unknown. */
  failed(error: unknown): void {
    if (this.#open || this.#closed) return;
    this.#open = true;
    this.#report('The event hub does not take events; they are kept in Blob until it does', error);
    this.#schedule(this.#pause);
    // A hub that answers probes but no sends is asked less and less often.
    this.#pause = Math.min(this.#pause * 2, this.#times.probeAtMost);
  }

  /** Ends the probing. */
  stop(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #schedule(ms: number): void {
    this.#timer = setTimeout(() => void this.#try(), ms).unref();
  }

  async #try(): Promise<void> {
    const asked = this.#timer;
    let answers = true;
    try {
      await this.#probe();
    } catch {
      // Reported when the circuit opened: it simply stays open.
      answers = false;
    }
    // Meanwhile a call may have closed it, and a new failure opened it again.
    if (this.#closed || this.#timer !== asked) return;
    if (answers) this.#answered();
    else this.#schedule(this.#times.probeEvery);
  }

  #answered(): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#report('The event hub answers again');
  }
}
