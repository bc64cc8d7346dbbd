import type { Failure } from '../failure.ts';
import { type RunningPromotion, runningPromotion } from '../registry/assignment.ts';
import type { TrafficRow } from '../registry/rows.ts';
import type { TrafficView } from '../registry/traffic-view.ts';
import type { LoadedModel } from './load-model.ts';
import type { ModelPool } from './model-pool.ts';

/**
 * Which version answers for a model: the champion of the traffic row, or, until that one is ready or while it cannot
 * be loaded, the last one that was; and, while a promotion runs, what its candidate takes part in.
 */
export class Serving {
  readonly #traffic: TrafficView;
  readonly #pool: ModelPool;
  readonly #time: () => number;
  /** The version that last served a model. */
  readonly #serving = new Map<string, string>();
  /** Worked out once per row; a row that is read again is another one. */
  readonly #promotions = new WeakMap<TrafficRow, RunningPromotion>();

  /** @param time milliseconds since 1970-01-01T00:00Z */
  constructor(traffic: TrafficView, pool: ModelPool, time: () => number) {
    this.#traffic = traffic;
    this.#pool = pool;
    this.#time = time;
  }

  /**
   * The version that serves a model's callers now. As with the pool, rows must be handed over before the next await.
   * @throws Failure `not-found` for an unknown model, `unavailable` where no version can serve
   */
  async champion(model: string): Promise<LoadedModel> {
    const { version } = (await this.#traffic.current(model)).champion;
    const last = this.#serving.get(model);
    if (last === undefined || last === version) {
      const loaded = await this.#pool.get(model, version);
      this.#serving.set(model, version);
      return loaded;
    }
    // The champion changed: it is loaded beside the requests, which the last one goes on answering until then. One
    // that was a canary here is ready, and takes over at once. What fails is reported by the pool, and tried again.
    if (isLoaded(this.#pool.peek(model, version))) this.#serving.set(model, version);
    return this.#pool.get(model, this.#serving.get(model) ?? last);
  }

  /**
   * The model's promotion, by the row that `champion` went by; undefined where none runs, or where its claim has ended
   * without anybody having cleaned up.
   */
  promotion(model: string): RunningPromotion | undefined {
    const row = this.#traffic.known(model);
    if (row === undefined || row.claim === null) return undefined;
    let promotion = this.#promotions.get(row);
    if (promotion === undefined) {
      promotion = runningPromotion(row);
      if (promotion === undefined) return undefined;
      this.#promotions.set(row, promotion);
      // Asked for at every refresh of the row, a version stays among those that were used last.
      if (promotion.keepWarm !== undefined) this.#pool.peek(model, promotion.keepWarm);
    }
    return this.#time() < promotion.validUntil ? promotion : undefined;
  }

  /** A candidate, as the pool's `peek` has it: nobody waits for it, because the champion can answer. */
  candidate(model: string, version: string): LoadedModel | Failure | undefined {
    return this.#pool.peek(model, version);
  }

  /**
   * A version that a caller asks for by its number.
   * @throws Failure as `champion` does
   */
  async pinned(model: string, version: string): Promise<LoadedModel> {
    await this.#traffic.current(model);
    return this.#pool.get(model, version);
  }
}

function isLoaded(found: LoadedModel | Failure | undefined): found is LoadedModel {
  return found !== undefined && 'scorer' in found;
}
