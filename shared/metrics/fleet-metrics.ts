import type { DriftReport } from '../drift/report.ts';
import type { PromotionStore } from '../promotion/store.ts';
import type { Registry } from '../registry/registry.ts';
import type { TrafficRow } from '../registry/rows.ts';
import type { RollupRows } from '../rollups/ports.ts';
import { exposition } from './exposition.ts';
import { type ModelFacts, modelMetrics } from './model-metrics.ts';
import { readTotals } from './read-totals.ts';
import type { RecentPerformance } from './recent-windows.ts';

export interface FleetParts {
  readonly registry: Pick<Registry, 'allTraffic'>;
  readonly rollups: RollupRows;
  readonly promotions: Pick<PromotionStore, 'list'>;
  readonly performance: Pick<RecentPerformance, 'of'>;
  /** The newest drift report of a model, if there is one. @throws Failure `unavailable` */
  readonly latestDrift?: (model: string) => Promise<ModelFacts['drift'] | DriftReport | undefined>;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly time: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** The most models that are published: the first by name. */
const MAX_MODELS = 100;
/**
 * Shorter than any usual interval of scrapes: a scraper that asks one host after the other then gets figures that are
 * newer each time, so no counter seems to go back.
 */
const MAX_AGE_MS = 10_000;

/**
 * The metrics of the whole fleet, whichever host is asked: all of them come from what every host shares. Counters count
 * on over restarts. A worker puts them together once in ten seconds, however often it is asked.
 */
export class FleetMetrics {
  readonly #parts: FleetParts;
  #last: { readonly at: number; readonly text: Promise<string> } | undefined;

  constructor(parts: FleetParts) {
    this.#parts = parts;
  }

  /** Prometheus text. @throws Failure `unavailable` */
  async text(): Promise<string> {
    const now = this.#parts.now();
    if (this.#last === undefined || now - this.#last.at >= MAX_AGE_MS) {
      const text = this.#read();
      this.#last = { at: now, text };
      // A failure is not kept: whoever asks next tries again.
      text.catch(() => (this.#last = undefined));
    }
    return this.#last.text;
  }

  async #read(): Promise<string> {
    const { items } = await this.#parts.registry.allTraffic(MAX_MODELS);
    const now = this.#parts.time();
    const facts: ModelFacts[] = [];
    // In sequence: so many rows of one model are in memory, not of all
    for (const { row } of items) facts.push(await this.#factsOf(row, now));
    return exposition(modelMetrics(facts, now));
  }

  async #factsOf(traffic: TrafficRow, now: number): Promise<ModelFacts> {
    const { rollups, promotions, performance, latestDrift } = this.#parts;
    const { model } = traffic;
    const [counts, [promotion], drift] = await Promise.all([
      readTotals(rollups, model, now),
      promotions.list(model, 1, undefined),
      latestDrift?.(model),
    ]);
    return { traffic, counts, promotion, performance: performance.of(model), drift };
  }
}
