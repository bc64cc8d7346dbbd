import { slotOf, wordsOf } from '../events/id-set.ts';
import { emptyTimes, latestTime, note, type Revision, TIMES } from './revisions.ts';

const FIRST_CAPACITY = 1 << 10;
const NAMED = 1;
const FOUND = 2;

/** A label of the table. */
export interface TableLabel {
  readonly label: 0 | 1;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly observedAt: number;
}

/**
 * The labels of an hour by prediction id, with what is needed of their revisions: 49 bytes each and the room of a hash
 * table, so 70 to 140.
 */
export class LabelTable {
  #ids = new Uint32Array(4 * FIRST_CAPACITY);
  #times = new Float64Array(TIMES * FIRST_CAPACITY);
  #flags = new Uint8Array(FIRST_CAPACITY);
  #size = 0;

  /** Predictions that have a label. */
  get size(): number {
    return this.#size;
  }

  /**
   * Takes note of a revision.
   * @param named whether it says which model's prediction it is of
   * @returns false where nothing is different afterwards
   */
  add(predictionId: string, revision: Revision, named: boolean): boolean {
    const [a, b, c, d] = wordsOf(predictionId);
    const slot = slotOf(this.#ids, a, b, c, d);
    const isNew = this.#isFree(slot);
    if (isNew) {
      this.#ids.set([a, b, c, d], slot * 4);
      this.#times.set(emptyTimes(), slot * TIMES);
      this.#size += 1;
    }
    if (named) this.#flags[slot] = (this.#flags[slot] ?? 0) | NAMED;
    const times = this.#timesOf(slot);
    const before = times.slice();
    note(times, revision);
    const changed = times.some((time, i) => !Object.is(time, before[i]));
    if (isNew && this.#size * 10 > this.#flags.length * 7) this.#grow();
    return changed;
  }

  /** The label of a prediction, which from then on counts as found. */
  take(predictionId: string): TableLabel | undefined {
    const slot = slotOf(this.#ids, ...wordsOf(predictionId));
    if (this.#isFree(slot)) return undefined;
    this.#flags[slot] = (this.#flags[slot] ?? 0) | FOUND;
    return latestTime(this.#timesOf(slot));
  }

  /** Labels that were never taken: those that name their model, and those that do not. */
  get left(): { readonly named: number; readonly unnamed: number } {
    let named = 0;
    let unnamed = 0;
    for (let slot = 0; slot < this.#flags.length; slot += 1) {
      const flags = this.#flags[slot] ?? 0;
      if (this.#isFree(slot) || (flags & FOUND) !== 0) continue;
      if ((flags & NAMED) === 0) unnamed += 1;
      else named += 1;
    }
    return { named, unnamed };
  }

  #timesOf(slot: number): Float64Array {
    return this.#times.subarray(slot * TIMES, (slot + 1) * TIMES);
  }

  #isFree(slot: number): boolean {
    const at = slot * 4;
    const ids = this.#ids;
    return ((ids[at] ?? 0) | (ids[at + 1] ?? 0) | (ids[at + 2] ?? 0) | (ids[at + 3] ?? 0)) === 0;
  }

  #grow(): void {
    const [ids, times, flags] = [this.#ids, this.#times, this.#flags];
    this.#ids = new Uint32Array(ids.length * 2);
    this.#times = new Float64Array(times.length * 2);
    this.#flags = new Uint8Array(flags.length * 2);
    for (let from = 0; from < flags.length; from += 1) {
      const [a = 0, b = 0, c = 0, d = 0] = ids.subarray(from * 4, from * 4 + 4);
      if ((a | b | c | d) === 0) continue;
      const to = slotOf(this.#ids, a, b, c, d);
      this.#ids.set([a, b, c, d], to * 4);
      this.#times.set(times.subarray(from * TIMES, (from + 1) * TIMES), to * TIMES);
      this.#flags[to] = flags[from] ?? 0;
    }
  }
}
