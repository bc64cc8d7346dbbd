import { Failure } from '../failure.ts';
import { within } from '../patience.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { type Batch, EventQueue, type LogOutcome, type QueueLimits } from './event-queue.ts';
import type { EventSender } from './ports.ts';
import { sendsOf } from './sends.ts';
import type { Spill } from './spill.ts';

export type { LogOutcome } from './event-queue.ts';

/** A request's place in the log, from when it has its body until it is answered. */
export interface Turn {
  /** As `PredictionLog.append`. */
  append(events: readonly string[]): Promise<LogOutcome>;
  /** To be called in any case; after `append` it does nothing. */
  leave(): void;
}

export interface LogOptions {
  /** `strict`: a prediction that cannot be put on record is a failure; `lenient`: it is an outcome. */
  readonly mode: 'strict' | 'lenient';
  readonly sender: EventSender;
  readonly spill: Spill;
  /** Told of what callers survive, or of what they lose. */
  readonly report: (message: string, error?: unknown) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly limits?: QueueLimits;
  /** What an event is, in messages; `prediction` where it is absent. */
  readonly noun?: string;
}

/** Room for some seconds of fast traffic: a batch may take two and a half until it is known to be lost. */
const DEFAULT_LIMITS: QueueLimits = { events: 50_000, bytes: 64 * 1024 * 1024 };
/** Of one spill blob: many are held at once when they are sent again. */
const MAX_SPILL_BYTES = 1024 * 1024;
/** How long a batch waits for requests that have not got to the log yet. */
const GATHER_MS = 2;
/** After a spill failed, and the hub did not answer either, how long callers are told so without another try. */
const TRY_AGAIN_MS = 250;
/** How long callers wait for a hub that was away and may be back, probe and sends together. */
const LAST_TRY_MS = 1_000;
/** The host gives 5 seconds for the end, and the sender needs one of them. */
const CLOSE_MS = 3_000;

/**
 * Puts predictions on record before their callers are answered. One batch is under way at a time, and whatever comes
 * meanwhile makes up the next one, so the more callers there are the cheaper each becomes. What the hub does not
 * acknowledge goes to the spill.
 */
export class PredictionLog {
  readonly #options: LogOptions;
  readonly #noun: string;
  readonly #queue: EventQueue;
  readonly #breaker: CircuitBreaker;
  /** Requests that have entered but not appended: a batch waits for them while they are more than those that have. */
  #expected = 0;
  #warm: Promise<void> | undefined;
  #running = false;
  #gathered: (() => void) | undefined;
  #idle: (() => void) | undefined;
  #closed = false;
  #tryAgainAt = Number.NEGATIVE_INFINITY;
  #losing = false;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#noun = options.noun ?? 'prediction';
    this.#queue = new EventQueue(options.limits ?? DEFAULT_LIMITS, this.#noun);
    this.#breaker = new CircuitBreaker(() => options.sender.probe(), options.report);
  }

  /** Whether the hub takes events, as far as the last sends and probes tell. */
  get hubAnswers(): boolean {
    return !this.#breaker.open;
  }

  /** Opens the connection ahead of the first request. Never throws: a hub that does not answer is tried again later. */
  warmUp(): Promise<void> {
    this.#warm ??= this.#options.sender.probe().catch((error: unknown) => this.#breaker.failed(error));
    return this.#warm;
  }

  /** Announces a request that will append, so that requests of the same moment share a batch. */
  enter(): Turn {
    let entered = true;
    this.#expected += 1;
    const leave = (): void => {
      if (!entered) return;
      entered = false;
      this.#expected -= 1;
      this.#wake();
    };
    return {
      append: (events) => {
        const appended = this.append(events);
        leave();
        return appended;
      },
      leave,
    };
  }

  /**
   * Puts events on record, JSON texts without line breaks, each at most what a send holds.
   * @returns `acknowledged` by the hub, or `spilled` to be sent later; in `lenient` also `lost`. Of several events the
   *   worst outcome.
   * @throws Failure `unavailable` in `strict`, where one of them could not be put on record; others of them may be
   */
  async append(events: readonly string[]): Promise<LogOutcome> {
    const outcome = await this.#add(events);
    if (outcome === 'lost' && this.#options.mode === 'strict') {
      throw new Failure('unavailable', `The ${this.#noun} cannot be put on record now`);
    }
    return outcome;
  }

  /** Waits until everything that has entered is on record, but at most 3 seconds, and takes nothing more. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#drained(CLOSE_MS);
    this.#closed = true;
    while (this.#queue.callers > 0) this.#queue.take(MAX_SPILL_BYTES).settle('lost');
    this.#breaker.stop();
    const { sender, report } = this.#options;
    await sender
      .close()
      .catch((error: unknown) => report('The connection to the event hub did not close', error));
  }

  #add(events: readonly string[]): Promise<LogOutcome> | LogOutcome {
    if (this.#closed) return 'lost';
    let added: Promise<LogOutcome>;
    try {
      added = this.#queue.add(events);
    } catch (error) {
      if (this.#options.mode === 'strict') throw error;
      this.#lost(error);
      return 'lost';
    }
    if (this.#running) this.#wake();
    else void this.#run();
    return added;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#queue.callers > 0) {
      if (!this.#complete()) await this.#gather();
      // Closing may have emptied the queue meanwhile.
      if (this.#queue.callers > 0) await this.#commit();
    }
    this.#running = false;
    this.#idle?.();
  }

  /** Whether waiting for more would cost more than it brings. */
  #complete(): boolean {
    return this.#queue.callers >= this.#expected || this.#queue.waitingBytes >= this.#options.sender.maxBytes;
  }

  async #gather(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const bound = setTimeout(resolve, GATHER_MS);
    this.#gathered = resolve;
    await promise;
    this.#gathered = undefined;
    clearTimeout(bound);
  }

  #wake(): void {
    if (this.#gathered !== undefined && this.#complete()) this.#gathered();
    this.#idle?.();
  }

  async #commit(): Promise<void> {
    const { sender } = this.#options;
    if (this.#breaker.open) return this.#keep(this.#queue.take(MAX_SPILL_BYTES), false);
    const batch = this.#queue.take(sender.maxBytes);
    try {
      await sender.send(batch.events);
    } catch (error) {
      // That the hub will never take these events says nothing about whether it takes the next ones.
      if (!(error instanceof Failure && error.kind === 'too-large')) this.#breaker.failed(error);
      return this.#keep(batch, true);
    }
    this.#breaker.succeeded();
    this.#kept(batch, 'acknowledged');
  }

  /**
   * Writes a batch to the spill. Where that is away, too, a batch that the hub has not seen yet is sent all the same: the
   * next probe may be about to find it.
   */
  async #keep(batch: Batch, wasSent: boolean): Promise<void> {
    const { spill, now } = this.#options;
    if (now() < this.#tryAgainAt) return batch.settle('lost');
    try {
      await spill.write(batch.events);
    } catch (error) {
      if (!wasSent && (await this.#sentAfterAll(batch))) return this.#kept(batch, 'acknowledged');
      this.#tryAgainAt = now() + TRY_AGAIN_MS;
      this.#lost(error);
      return batch.settle('lost');
    }
    this.#kept(batch, 'spilled');
  }

  /** Whether a hub that was away is back, and takes a batch. */
  async #sentAfterAll(batch: Batch): Promise<boolean> {
    const { sender } = this.#options;
    try {
      await within(LAST_TRY_MS, async (signal) => {
        await sender.probe();
        // Spilled batches are larger than what a send holds.
        for (const events of sendsOf(batch.events, (event) => event, sender.maxBytes)) {
          if (signal.aborted || this.#closed) throw new Error('too late');
          await sender.send(events);
          this.#breaker.succeeded();
        }
      });
      return true;
    } catch {
      // It was away before, which is on record; the caller hears what became of the spill.
      return false;
    }
  }

  /** Answers callers whose events are on record, which ends an outage. */
  #kept(batch: Batch, outcome: 'acknowledged' | 'spilled'): void {
    this.#losing = false;
    this.#tryAgainAt = Number.NEGATIVE_INFINITY;
    batch.settle(outcome);
  }

  /** Reports the first loss of an outage. */
  #lost(error: unknown): void {
    if (!this.#losing) this.#options.report(`A ${this.#noun} cannot be put on record`, error);
    this.#losing = true;
  }

  async #drained(bound: number): Promise<void> {
    const empty = (): boolean => !this.#running && this.#expected === 0;
    if (empty()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, bound);
    this.#idle = () => {
      if (empty()) resolve();
    };
    await promise;
    this.#idle = undefined;
    clearTimeout(timer);
  }
}
