import type { TrafficView } from '../registry/traffic-view.ts';
import type { LoadedModel } from './load-model.ts';
import type { ModelPool } from './model-pool.ts';

/**
 * Which version answers for a model: the champion of the traffic row, or, until that one is ready or while it cannot
 * be loaded, the last one that was.
 */
export class Serving {
  readonly #traffic: TrafficView;
  readonly #pool: ModelPool;
  /** The version that last served a model. */
  readonly #serving = new Map<string, string>();

  constructor(traffic: TrafficView, pool: ModelPool) {
    this.#traffic = traffic;
    this.#pool = pool;
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
    // The champion changed: it is loaded beside the requests, which the last one goes on answering until then.
    this.#pool.get(model, version).then(
      () => this.#serving.set(model, version),
      () => undefined, // the pool has reported it, and tries again after a while
    );
    return this.#pool.get(model, last);
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
