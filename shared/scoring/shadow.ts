import type { LogOutcome } from '../events/prediction-log.ts';
import { type ShadowFacts, type ShadowSide, shadowEvent } from '../events/shadow-event.ts';
import { Failure } from '../failure.ts';
import type { CheckedRow } from '../features/compile.ts';
import { Allowance } from './allowance.ts';
import { decide } from './decide.ts';
import type { LoadedModel } from './load-model.ts';
import type { ShadowThread } from './shadow-thread.ts';

/** One served row, and by whom it was served. */
export interface ServedRow extends Omit<ShadowFacts, 'id' | 'champion' | 'candidate'> {
  readonly side: ShadowSide;
}

/** What scoring asks of the shadow. Neither call throws, waits, or costs more than some microseconds. */
export interface Shadowing {
  /** Has a row scored by the version that did not serve it. @param row as that version's contract has checked it */
  submit(served: ServedRow, other: LoadedModel, row: CheckedRow): void;
  /** Records that the version that did not serve a row could not have done so. */
  submitFailed(served: ServedRow, other: string, error: string): void;
}

export interface ShadowOptions {
  readonly start: () => ShadowThread;
  /** Puts events on record. */
  readonly send: (events: readonly string[]) => Promise<LogOutcome>;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly report: (message: string, error?: unknown) => void;
  readonly limits?: ShadowLimits;
}

export interface ShadowLimits {
  /** The most rows that are held: waiting, being scored, or on their way into the log. */
  readonly rows: number;
  /**
   * The most rows that are taken in a second, without regard to what is in them. A second event costs as much as the
   * first; evidence takes thousands of pairs, not all of them.
   */
  readonly perSecond: number;
  /** Of one message to the thread. */
  readonly batch: number;
  /** How long the first row of a message waits for others, which cost far less than a message of their own. Milliseconds. */
  readonly linger: number;
  /** After the thread's first unexpected end; doubles with each further one. Milliseconds. */
  readonly restartAfter: number;
  readonly restartAtMost: number;
  /** How long a thread without work is kept. Milliseconds. */
  readonly idle: number;
}

/** The log holds 50,000 events for callers, who must not notice the shadow's. */
const DEFAULT_LIMITS: ShadowLimits = {
  rows: 4_096,
  perSecond: 500,
  batch: 256,
  linger: 20,
  restartAfter: 1_000,
  restartAtMost: 60_000,
  idle: 60_000,
};
/** At most one message of each kind in this time. Milliseconds. */
const REPORT_EVERY_MS = 60_000;
/** How long closing waits for the thread. Milliseconds. */
const CLOSE_MS = 1_000;

interface Batch {
  readonly other: LoadedModel;
  readonly features: Float32Array<ArrayBuffer>;
  readonly served: ServedRow[];
}

export interface ShadowCounts {
  /** Rows whose event was handed to the log. */
  readonly recorded: number;
  /** Rows beyond the most of a second: so it is meant to be. */
  readonly passed: number;
  /** Rows that did not fit. */
  readonly dropped: number;
  /** Rows that were lost with the thread. */
  readonly lost: number;
  /** Rows whose event the log did not take. */
  readonly unsent: number;
}

/**
 * Scores rows a second time, in a thread of its own, and records both results. One message is under way at a time;
 * what comes meanwhile makes up the next one, within bounds, and what does not fit is dropped and counted.
 */
export class ShadowScorer implements Shadowing {
  readonly #options: ShadowOptions;
  readonly #limits: ShadowLimits;
  readonly #queue: Batch[] = [];
  /** Events that need no thread; they go with the next message. */
  #events: string[] = [];
  readonly #counts = { recorded: 0, passed: 0, dropped: 0, lost: 0, unsent: 0 };
  readonly #allowance: Allowance;
  #held = 0;
  #thread: ShadowThread | undefined;
  #failures = 0;
  #running: Promise<void> | undefined;
  #wakeTimer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #reportAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: ShadowOptions) {
    this.#options = options;
    this.#limits = options.limits ?? DEFAULT_LIMITS;
    this.#allowance = new Allowance(this.#limits.perSecond, options.now);
  }

  get counts(): ShadowCounts {
    return { ...this.#counts };
  }

  submit(served: ServedRow, other: LoadedModel, row: CheckedRow): void {
    if (!this.#take()) return;
    const { contract } = other;
    let batch = this.#queue.findLast((one) => one.other === other);
    if (batch === undefined || batch.served.length === this.#limits.batch) {
      batch = { other, features: new Float32Array(this.#limits.batch * contract.width), served: [] };
      this.#queue.push(batch);
    }
    contract.write(row, batch.features, batch.served.length * contract.width);
    batch.served.push(served);
    this.#wake();
  }

  submitFailed(served: ServedRow, other: string, error: string): void {
    if (!this.#take()) return;
    this.#events.push(this.#eventOf(served, { version: other, error }));
    this.#wake();
  }

  /** Gives up what waits, and lets the thread finish what it has; waits for that at most a second. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#wakeTimer);
    clearTimeout(this.#idleTimer);
    for (const { served } of this.#queue.splice(0)) this.#release(served.length, 'dropped');
    const { promise: bound, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, CLOSE_MS);
    await Promise.race([this.#running, bound]);
    clearTimeout(timer);
    this.#endThread();
  }

  /** Whether one more row may be taken, which it then is. */
  #take(): boolean {
    if (this.#allowance.take()) return this.#hold();
    this.#counts.passed += 1;
    return false;
  }

  /** Whether there is room for the row, which is then held. */
  #hold(): boolean {
    const fits = !this.#closed && this.#held < this.#limits.rows;
    this.#held += 1;
    if (!fits) this.#release(1, 'dropped');
    return fits;
  }

  #release(rows: number, outcome: keyof ShadowCounts): void {
    this.#held -= rows;
    this.#counts[outcome] += rows;
    if (outcome === 'recorded' || rows === 0) return;
    const { now, report } = this.#options;
    if (now() < this.#reportAt) return;
    this.#reportAt = now() + REPORT_EVERY_MS;
    const { dropped, lost, unsent } = this.#counts;
    report(`The shadow leaves rows out; so far ${dropped} did not fit, ${lost} were lost, ${unsent} unsent`);
  }

  #wake(): void {
    if (this.#closed || this.#running !== undefined) return;
    this.#wakeTimer ??= setTimeout(() => {
      this.#wakeTimer = undefined;
      this.#running = this.#run().finally(() => this.#rest());
    }, this.#pause()).unref();
  }

  #rest(): void {
    this.#running = undefined;
    if (this.#queue.length + this.#events.length > 0) this.#wake();
    else if (!this.#closed) this.#idleTimer = setTimeout(() => this.#endThread(), this.#limits.idle).unref();
  }

  /** Everything that waits now; what comes meanwhile only if it fills a message. */
  async #run(): Promise<void> {
    clearTimeout(this.#idleTimer);
    const events = this.#events;
    this.#events = [];
    if (events.length > 0) void this.#record(events);
    let due = this.#queue.length;
    while (due > 0 || this.#queue[0]?.served.length === this.#limits.batch) {
      const batch = this.#queue.shift();
      if (batch === undefined) return;
      due -= 1;
      try {
        // In sequence: the thread takes one message at a time
        await this.#score(batch);
      } catch (error) {
        this.#ended(batch, error);
        return;
      }
    }
  }

  async #score({ other, features, served }: Batch): Promise<void> {
    this.#thread ??= this.#options.start();
    const answer = await this.#thread.score(other, features, served.length);
    this.#failures = 0;
    const errors = new Map(answer.errors);
    const { policy } = other.contract.contract;
    const events = served.map((row, index) => {
      const { version } = other;
      const score = answer.scores[index] ?? Number.NaN;
      const error = errors.get(index) ?? (Number.isNaN(score) ? 'the shadow gave no score' : undefined);
      if (error !== undefined) return this.#eventOf(row, { version, error });
      const latencyMs = answer.rowMs[index];
      return this.#eventOf(row, { version, score, decision: decide(score, policy), latencyMs });
    });
    void this.#record(events);
  }

  /** The thread's end tells nothing about the rows that it had: they are nobody's evidence. */
  #ended({ served }: Batch, error: unknown): void {
    this.#thread = undefined;
    this.#failures += 1;
    this.#options.report(`The shadow's thread has ended, and is started again`, error);
    this.#release(served.length, 'lost');
  }

  /** How long until the next message: until more rows have come, or the thread may be started again. */
  #pause(): number {
    const { linger, restartAfter, restartAtMost } = this.#limits;
    if (this.#failures === 0) return linger;
    return Math.min(restartAfter * 2 ** (this.#failures - 1), restartAtMost);
  }

  #endThread(): void {
    this.#thread?.end();
    this.#thread = undefined;
  }

  #eventOf({ side, ...served }: ServedRow, other: ShadowSide): string {
    const [champion, candidate] = served.served === 'champion' ? [side, other] : [other, side];
    return shadowEvent({ ...served, id: this.#options.newId(), champion, candidate });
  }

  async #record(events: readonly string[]): Promise<void> {
    try {
      const outcome = await this.#options.send(events);
      this.#release(events.length, outcome === 'lost' ? 'unsent' : 'recorded');
    } catch (error) {
      this.#release(events.length, 'unsent');
      if (!(error instanceof Failure)) this.#options.report('A shadow result was not recorded', error);
    }
  }
}
