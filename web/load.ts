import type * as z from 'zod/mini';
import { type Api, ApiError } from './api.ts';
import { type Feed, failed, received, UNASKED } from './feed.ts';
import type { Feeds } from './page-state.ts';
import { promotionToShow, revisionOf } from './promotion-state.ts';
import {
  driftHistoryShape,
  driftReportShape,
  minutesShape,
  performanceShape,
  type Promotion,
  promotionShape,
  promotionsShape,
  runsShape,
  trafficShape,
  versionsShape,
} from './shapes.ts';

/** Fills the feeds of one model, each as soon as it is answered. */
export class Loader {
  readonly #api: Api;
  readonly #base: string;
  readonly #signal: AbortSignal;
  readonly #feeds: () => Feeds;
  readonly #changed: (feeds: Feeds) => void;
  /** Of the promotion that was read whole. */
  #revision = '';
  #isLoading = false;

  /** @param signal ends all calls, and what is answered afterwards is left out */
  constructor(
    api: Api,
    model: string,
    signal: AbortSignal,
    feeds: () => Feeds,
    changed: (feeds: Feeds) => void,
  ) {
    this.#api = api;
    this.#base = `/api/models/${encodeURIComponent(model)}`;
    this.#signal = signal;
    this.#feeds = feeds;
    this.#changed = changed;
  }

  /** What changes by the minute. */
  async loadOften(): Promise<void> {
    await Promise.all([
      this.#fill('traffic', '/traffic', trafficShape),
      this.#fill('minutes', '/minutes', minutesShape),
      this.#fill('promotions', '/promotions?limit=10', promotionsShape).then(() => this.#wholePromotion()),
    ]);
  }

  /** What changes by the hour, and may take longer to answer than what changes by the minute is waited for. */
  async loadSeldom(): Promise<void> {
    if (this.#isLoading) return;
    this.#isLoading = true;
    try {
      await Promise.all([
        this.#fill('driftHistory', '/drift/history?limit=60', driftHistoryShape).then(() =>
          this.#lastDrift(),
        ),
        this.#fill('performance', '/performance?window=day', performanceShape),
        this.#fill('runs', '/runs?limit=10', runsShape),
        this.#fill('versions', '/versions?limit=10', versionsShape),
      ]);
    } finally {
      this.#isLoading = false;
    }
  }

  /** Reads the promotion's evaluations, which may be many, only where there are new ones. */
  async #wholePromotion(): Promise<void> {
    const { promotions, promotion } = this.#feeds();
    if (promotions.problem !== undefined) return;
    const listed = promotionToShow(promotions.value?.items ?? []);
    if (listed === undefined) return this.#nothing('promotion');
    const revision = revisionOf(listed);
    if (revision === this.#revision && promotion.problem === undefined) return;
    const path = `/promotions/${encodeURIComponent(listed.promotionId)}`;
    await this.#fill('promotion', path, promotionShape);
    if (this.#feeds().promotion.problem === undefined) this.#revision = revision;
  }

  /** Asks for the last report unless it is known that there is none. */
  async #lastDrift(): Promise<void> {
    const { driftHistory } = this.#feeds();
    if (driftHistory.problem !== undefined || driftHistory.value?.items.length !== 0)
      return this.#fill('drift', '/drift', driftReportShape);
    this.#nothing('drift');
  }

  /** Says that there is none without asking for it. */
  #nothing(name: 'promotion' | 'drift'): void {
    const feed = failed<never>(UNASKED, 404, 'there is none', Date.now());
    if (!this.#signal.aborted) this.#changed({ ...this.#feeds(), [name]: feed });
  }

  async #fill<K extends keyof Feeds>(
    name: K,
    path: string,
    shape: z.ZodMiniType<NonNullable<Feeds[K]['value']>>,
  ): Promise<void> {
    let feed: Feed<unknown>;
    try {
      feed = received(await this.#api.get(this.#base + path, shape, this.#signal), Date.now());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      feed = failed<unknown>(this.#feeds()[name], error.status, error.message, Date.now());
    }
    if (!this.#signal.aborted) this.#changed({ ...this.#feeds(), [name]: feed });
  }
}

/** The reply to an order, as what is shown from then on. */
export function withPromotion(feeds: Feeds, promotion: Promotion, now: number): Feeds {
  return { ...feeds, promotion: received(promotion, now) };
}
