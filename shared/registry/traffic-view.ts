import { Failure } from '../failure.ts';
import type { TrafficRow } from './rows.ts';

export interface TrafficViewTimes {
  /** A copy older than this is not trusted: the request that finds it refreshes it first. Milliseconds. */
  readonly maxAge: number;
  /** A copy older than this is refreshed beside the request that finds it. Milliseconds. */
  readonly refreshAge: number;
  /** How long a request waits for the refresh of a copy that is too old. Milliseconds. */
  readonly bound: number;
  /** How long a request waits for the first copy, which goes on being read for later ones. Milliseconds. */
  readonly firstBound: number;
  /** After a failed refresh, how long requests go on with the copy they have. Milliseconds. */
  readonly retryAfter: number;
}

const DEFAULT_TIMES: TrafficViewTimes = {
  maxAge: 5_000,
  refreshAge: 2_000,
  bound: 250,
  firstBound: 2_500,
  retryAfter: 1_000,
};

/** Model names come from callers: only so many of them are remembered. */
const MAX_MODELS = 200;

interface Entry {
  /** undefined: no such model. */
  row: TrafficRow | undefined;
  readAt: number;
  triedAt: number;
  refresh: Promise<void> | undefined;
}

/**
 * A worker's copy of the traffic rows: a change is noticed within `maxAge` without a read per request. While Cosmos is
 * out of reach the last copy is used.
 */
export class TrafficView {
  readonly #entries = new Map<string, Entry>();
  readonly #firsts = new Map<string, Promise<Entry>>();
  readonly #read: (model: string) => Promise<TrafficRow | undefined>;
  readonly #now: () => number;
  readonly #times: TrafficViewTimes;
  readonly #report: (error: unknown) => void;

  /**
   * @param read reads one row; undefined where there is no such model
   * @param now monotonic milliseconds
   * @param report told of a failed refresh, which requests survive
   */
  constructor(
    read: (model: string) => Promise<TrafficRow | undefined>,
    now: () => number,
    report: (error: unknown) => void,
    times: TrafficViewTimes = DEFAULT_TIMES,
  ) {
    this.#read = read;
    this.#now = now;
    this.#report = report;
    this.#times = times;
  }

  /**
   * Who gets the model's traffic, by a copy that was read within `maxAge` or could not be refreshed.
   * @throws Failure `not-found` for a model that does not exist, `unavailable` where nothing was ever read
   */
  async current(model: string): Promise<TrafficRow> {
    const entry = this.#entries.get(model) ?? (await this.#first(model));
    const now = this.#now();
    const age = now - entry.readAt;
    if (age > this.#times.refreshAge && now - entry.triedAt > this.#times.retryAfter)
      this.#startRefresh(model, entry);
    if (age > this.#times.maxAge && entry.refresh !== undefined)
      await within(entry.refresh, this.#times.bound);
    if (entry.row === undefined) throw new Failure('not-found', `There is no model named '${model}'`);
    return entry.row;
  }

  /** The copy that there is, however old; undefined where nothing was read yet. */
  known(model: string): TrafficRow | undefined {
    return this.#entries.get(model)?.row;
  }

  /** One read, however many requests wait for it. */
  async #first(model: string): Promise<Entry> {
    let first = this.#firsts.get(model);
    if (first === undefined) {
      first = this.#readFirst(model);
      this.#firsts.set(model, first);
    }
    const entry = await within(first, this.#times.firstBound);
    if (entry === undefined) throw new Failure('unavailable', `The traffic of '${model}' is not known yet`);
    return entry;
  }

  async #readFirst(model: string): Promise<Entry> {
    try {
      return this.#enter(model, await this.#read(model));
    } finally {
      this.#firsts.delete(model);
    }
  }

  #enter(model: string, row: TrafficRow | undefined): Entry {
    const now = this.#now();
    const entry = { row, readAt: now, triedAt: now, refresh: undefined };
    this.#entries.set(model, entry);
    if (this.#entries.size > MAX_MODELS) this.#forgetOldest();
    return entry;
  }

  #startRefresh(model: string, entry: Entry): void {
    entry.triedAt = this.#now();
    entry.refresh ??= this.#read(model)
      .then((row) => {
        entry.row = row;
        entry.readAt = this.#now();
      })
      .catch(this.#report)
      .finally(() => {
        entry.refresh = undefined;
      });
  }

  #forgetOldest(): void {
    let oldest: string | undefined;
    let readAt = Number.POSITIVE_INFINITY;
    for (const [model, entry] of this.#entries) {
      if (entry.readAt < readAt) [oldest, readAt] = [model, entry.readAt];
    }
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

/** What a promise gives, or undefined where it takes longer than `milliseconds`. */
async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  const { promise: bound, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), milliseconds);
  try {
    return await Promise.race([promise, bound]);
  } finally {
    clearTimeout(timer);
  }
}
