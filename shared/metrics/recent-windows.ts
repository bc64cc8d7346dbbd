import { HOUR_MS } from '../events/log-layout.ts';
import { type PerformanceParts, performanceOf } from '../outcomes/performance.ts';
import type { PerformanceWindow } from '../outcomes/performance-view.ts';

export interface RecentWindows {
  /** Of the last 24 hours, one per version. */
  readonly recent: readonly PerformanceWindow[];
  /** Of the last 24 hours whose labels have matured. */
  readonly matured: readonly PerformanceWindow[];
}

interface Entry {
  windows: RecentWindows | undefined;
  /** When the next reading may begin; monotonic milliseconds. */
  due: number;
}

const DAY_MS = 24 * HOUR_MS;
const LEAST_PAUSE_MS = 60_000;
/** A reading may take one part in so many of a worker's time: it reads the log, and scoring has to go on beside it. */
const PAUSES = 50;

/**
 * A worker's figures of how its models did lately. Whoever asks gets those of the last reading, and begins the next one
 * where it is due: nobody waits for the log.
 */
export class RecentPerformance {
  readonly #parts: PerformanceParts;
  readonly #now: () => number;
  readonly #report: (message: string, error: unknown) => void;
  readonly #entries = new Map<string, Entry>();
  #reading: Promise<void> | undefined;

  /**
   * @param now monotonic milliseconds
   * @param report told of a reading that failed; the figures of the one before go on
   */
  constructor(parts: PerformanceParts, now: () => number, report: (message: string, error: unknown) => void) {
    this.#parts = parts;
    this.#now = now;
    this.#report = report;
  }

  /** What is known; undefined before the first reading has ended. */
  of(model: string): RecentWindows | undefined {
    const entry = this.#entries.get(model) ?? { windows: undefined, due: -Infinity };
    this.#entries.set(model, entry);
    if (this.#now() >= entry.due && this.#reading === undefined) {
      this.#reading = this.#refresh(model, entry).finally(() => {
        this.#reading = undefined;
      });
    }
    return entry.windows;
  }

  /** Resolves when the reading that is under way has ended. */
  async settled(): Promise<void> {
    await this.#reading;
  }

  async #refresh(model: string, entry: Entry): Promise<void> {
    const began = this.#now();
    try {
      const { rulesOf, time } = this.#parts;
      const asOf = time();
      const { maturityMs } = await rulesOf(model);
      const windowsOf = (to: number) => performanceOf(this.#parts, model, [{ from: to - DAY_MS, to }], asOf);
      const matured = await windowsOf(asOf - maturityMs);
      entry.windows = { matured, recent: maturityMs === 0 ? matured : await windowsOf(asOf) };
    } catch (error) {
      this.#report(`The performance of '${model}' could not be read for the metrics`, error);
    }
    const ended = this.#now();
    entry.due = ended + Math.max(LEAST_PAUSE_MS, PAUSES * (ended - began));
  }
}
