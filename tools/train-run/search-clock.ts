import { rungsOf, type SearchPlan } from '../../shared/training/search-plan.ts';

/** What a fit costs whatever its rows, beside one on all rows. */
const FIXED = 0.03;
/** What comes after the search, in fits on all rows: the fit itself, five folds of four fifths, and the measuring. */
const VERSION = 6;
const BAR = 24;

/** How much of a search is done, and how long the rest may take if it goes on like that. Times in milliseconds. */
export class SearchClock {
  readonly #costs: readonly number[];
  readonly #fits: number;
  readonly #total: number;
  readonly #started: number;
  #lastFit: number;
  #fitted = 0;
  #done = 0;
  #isMaking = false;

  constructor(plan: SearchPlan, now: number) {
    const rungs = rungsOf(plan);
    this.#costs = rungs.map(({ share }) => share + FIXED);
    this.#fits = rungs.reduce((sum, { trials }) => sum + trials, 0);
    this.#total = rungs.reduce((sum, { trials, share }) => sum + trials * (share + FIXED), VERSION);
    this.#started = now;
    this.#lastFit = now;
  }

  fitted(rung: number, now: number): void {
    this.#fitted += 1;
    this.#done += this.#costs[rung] ?? 0;
    this.#lastFit = now;
  }

  /** The search is over: the version is being made. */
  making(): void {
    this.#isMaking = true;
  }

  /** Milliseconds; undefined before anything is known. */
  left(now: number): number | undefined {
    if (this.#done === 0) return undefined;
    const each = (this.#lastFit - this.#started) / this.#done;
    return Math.max(0, (this.#total - this.#done) * each - (now - this.#lastFit));
  }

  text(now: number): string {
    const left = this.left(now);
    const rest = left === undefined ? '' : `, about ${minutes(left)} left`;
    return `${this.#fitted} of ${this.#fits} fits, ${minutes(now - this.#started)}${rest}`;
  }

  bar(now: number): string {
    const left = this.left(now);
    const spent = now - this.#started;
    const share = left === undefined ? 0 : spent / Math.max(1, spent + left);
    const done = Math.min(this.#isMaking ? BAR - 1 : BAR, Math.floor(share * BAR));
    return `[${'='.repeat(done)}${'-'.repeat(BAR - done)}] ${this.text(now)}`;
  }
}

function minutes(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
