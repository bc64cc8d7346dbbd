import { Failure, messageOf } from '../failure.ts';
import type { LoadedModel } from './load-model.ts';

export interface PoolLimits {
  /** Sessions held at once. */
  readonly sessions: number;
  /** How long a version that could not be loaded is not tried again. Milliseconds. */
  readonly retryAfter: number;
  /** How long a caller waits for a version that is being loaded. Milliseconds. */
  readonly wait: number;
}

const DEFAULT_LIMITS: PoolLimits = { sessions: 8, retryAfter: 5_000, wait: 5_000 };
/** Failures that are remembered; versions come from callers, so there is a bound. */
const MAX_FAILURES = 1_000;

/**
 * The versions that a worker holds open: each is loaded once however many requests wait for it, the least recently
 * used is closed when there are too many, and one that failed is left alone for a while.
 */
export class ModelPool {
  readonly #ready = new Map<string, LoadedModel>();
  /** The version that was used last. */
  #latest = '';
  readonly #loading = new Map<string, Promise<LoadedModel>>();
  readonly #failed = new Map<string, { at: number; error: Failure }>();
  readonly #load: (model: string, version: string) => Promise<LoadedModel>;
  readonly #now: () => number;
  readonly #report: (message: string, error: unknown) => void;
  readonly #limits: PoolLimits;

  constructor(
    load: (model: string, version: string) => Promise<LoadedModel>,
    now: () => number,
    report: (message: string, error: unknown) => void,
    limits: PoolLimits = DEFAULT_LIMITS,
  ) {
    this.#load = load;
    this.#now = now;
    this.#report = report;
    this.#limits = limits;
  }

  /**
   * A version that is ready. The caller must hand its rows to the scorer before it next awaits: a version that is
   * closed meanwhile finishes only the rows it was given.
   * @throws Failure `not-found` for a version that does not exist, `unavailable` for one that cannot be loaded now
   */
  async get(model: string, version: string): Promise<LoadedModel> {
    const key = `${model}/${version}`;
    const ready = this.#ready.get(key);
    if (ready !== undefined) {
      if (key !== this.#latest) this.#touch(key, ready);
      return ready;
    }
    const failed = this.#failed.get(key);
    if (failed !== undefined && this.#now() - failed.at < this.#limits.retryAfter) throw failed.error;
    let loading = this.#loading.get(key);
    if (loading === undefined) {
      loading = this.#start(key, model, version);
      this.#loading.set(key, loading);
    }
    return this.#within(loading, `Version ${version} of '${model}' is still being loaded`);
  }

  /**
   * What there is of a version without waiting for it: ready (with the same duty of the caller as in `get`), the
   * failure of its last load, or undefined while it is loaded for the first time. Starts a load where one is due.
   */
  peek(model: string, version: string): LoadedModel | Failure | undefined {
    const key = `${model}/${version}`;
    const ready = this.#ready.get(key);
    if (ready !== undefined) {
      this.#touch(key, ready);
      return ready;
    }
    const failed = this.#failed.get(key);
    const due = failed === undefined || this.#now() - failed.at >= this.#limits.retryAfter;
    if (due && !this.#loading.has(key)) {
      const loading = this.#start(key, model, version);
      this.#loading.set(key, loading);
      loading.catch(() => undefined); // remembered and reported by then
    }
    return failed?.error;
  }

  /** Closes every session once its running work is done. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#loading.values());
    const open = [...this.#ready.values()];
    this.#ready.clear();
    await Promise.all(open.map(({ scorer }) => scorer.close()));
  }

  async #start(key: string, model: string, version: string): Promise<LoadedModel> {
    try {
      const loaded = await this.#load(model, version);
      this.#failed.delete(key);
      this.#touch(key, loaded);
      this.#closeBeyondLimit();
      return loaded;
    } catch (error) {
      const failure =
        error instanceof Failure
          ? error
          : new Failure('unavailable', `Version ${version} of '${model}' cannot serve: ${messageOf(error)}`, {
              cause: error,
              retryAfterSeconds: Math.ceil(this.#limits.retryAfter / 1_000),
            });
      this.#remember(key, failure);
      if (failure.kind === 'unavailable')
        this.#report(`Version ${version} of '${model}' could not be loaded`, error);
      throw failure;
    } finally {
      this.#loading.delete(key);
    }
  }

  /** A Map keeps insertion order: moving an entry to the end makes the first one the least recently used. */
  #touch(key: string, loaded: LoadedModel): void {
    this.#ready.delete(key);
    this.#ready.set(key, loaded);
    this.#latest = key;
  }

  /** Loading goes on when a caller's patience ends. */
  async #within(loading: Promise<LoadedModel>, message: string): Promise<LoadedModel> {
    const { promise: bound, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Failure('unavailable', message)), this.#limits.wait);
    try {
      return await Promise.race([loading, bound]);
    } finally {
      clearTimeout(timer);
    }
  }

  #closeBeyondLimit(): void {
    for (const [key, loaded] of this.#ready) {
      if (this.#ready.size <= this.#limits.sessions) return;
      this.#ready.delete(key);
      loaded.scorer.close().catch((error: unknown) => this.#report(`Session ${key} did not close`, error));
    }
  }

  #remember(key: string, error: Failure): void {
    this.#failed.delete(key);
    this.#failed.set(key, { at: this.#now(), error });
    const oldest = this.#failed.keys().next();
    if (this.#failed.size > MAX_FAILURES && oldest.done === false) this.#failed.delete(oldest.value);
  }
}
