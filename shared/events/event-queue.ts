import { Failure } from '../failure.ts';
import { sendBytes } from './ports.ts';

/** What became of a caller's events; of several, the worst that became of one. */
export type LogOutcome = 'acknowledged' | 'spilled' | 'lost';

const BY_SEVERITY: readonly LogOutcome[] = ['acknowledged', 'spilled', 'lost'];

export interface QueueLimits {
  readonly events: number;
  readonly bytes: number;
}

interface Entry {
  readonly events: readonly string[];
  /** How many are taken into batches. */
  taken: number;
  /** How many have no outcome yet. */
  open: number;
  severity: number;
  readonly settle: (outcome: LogOutcome) => void;
}

/** Events that travel together, of one caller or of many. */
export interface Batch {
  readonly events: readonly string[];
  /** Tells each caller whose last events these are. */
  settle(outcome: LogOutcome): void;
}

/** What callers wait for: their events in the order in which they came, cut into batches, within bounds. */
export class EventQueue {
  readonly #limits: QueueLimits;
  readonly #noun: string;
  readonly #entries: Entry[] = [];
  /** The entries before this index are taken; cutting them off one by one would copy the others each time. */
  #first = 0;
  /** Of events that have no outcome yet, in the queue or on their way. */
  #heldEvents = 0;
  #heldBytes = 0;
  #waitingBytes = 0;

  /** @param noun what an event is, in messages */
  constructor(limits: QueueLimits, noun: string) {
    this.#limits = limits;
    this.#noun = noun;
  }

  /** Callers with events that are in no batch yet. */
  get callers(): number {
    return this.#entries.length - this.#first;
  }

  /** What the events that are in no batch yet take of sends. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /**
   * Adds a caller's events.
   * @returns resolves when each of them has an outcome
   * @throws Failure `unavailable` where there is no room for all of them
   */
  add(events: readonly string[]): Promise<LogOutcome> {
    if (events.length === 0) return Promise.resolve('acknowledged');
    let bytes = 0;
    for (const event of events) bytes += sendBytes(event);
    if (
      this.#heldEvents + events.length > this.#limits.events ||
      this.#heldBytes + bytes > this.#limits.bytes
    ) {
      throw new Failure('unavailable', `Too many ${this.#noun}s are waiting to be put on record`);
    }
    this.#heldEvents += events.length;
    this.#heldBytes += bytes;
    this.#waitingBytes += bytes;
    return new Promise((resolve) => {
      this.#entries.push({ events, taken: 0, open: events.length, severity: 0, settle: resolve });
    });
  }

  /** Takes events from the front, as many as fit in `maxBytes`, but at least one. */
  take(maxBytes: number): Batch {
    const events: string[] = [];
    const shares: { readonly entry: Entry; count: number }[] = [];
    let bytes = 0;
    for (let entry = this.#entries[this.#first]; entry !== undefined; entry = this.#entries[this.#first]) {
      const from = entry.taken;
      while (entry.taken < entry.events.length) {
        const event = entry.events[entry.taken] ?? '';
        const size = sendBytes(event);
        if (events.length > 0 && bytes + size > maxBytes) break;
        events.push(event);
        bytes += size;
        entry.taken += 1;
      }
      if (entry.taken > from) shares.push({ entry, count: entry.taken - from });
      if (entry.taken < entry.events.length) break;
      this.#first += 1;
    }
    this.#cutTaken();
    this.#waitingBytes -= bytes;
    return {
      events,
      settle: (outcome) => {
        this.#heldEvents -= events.length;
        this.#heldBytes -= bytes;
        const severity = BY_SEVERITY.indexOf(outcome);
        for (const { entry, count } of shares) {
          entry.severity = Math.max(entry.severity, severity);
          entry.open -= count;
          if (entry.open === 0) entry.settle(BY_SEVERITY[entry.severity] ?? 'lost');
        }
      },
    };
  }

  #cutTaken(): void {
    if (this.#first === this.#entries.length) this.#entries.length = 0;
    else if (this.#first < 1_024) return;
    else this.#entries.splice(0, this.#first);
    this.#first = 0;
  }
}
