import { rm } from 'node:fs/promises';
import { flushFolder, type Segment } from './segment-files.ts';

/** What may stay of a log. Whole segments go, oldest first; the newest one always stays. */
export interface Retention {
  /** Bytes of a partition. */
  readonly bytes: number;
  /** Age of an event in milliseconds. */
  readonly ms: number;
}

/** The segments of a partition's log, oldest first. There is always at least one: the one that is written to. */
export class SegmentList {
  readonly #folder: string;
  readonly #segments: Segment[];
  /** When the newest event of each finished segment was enqueued. */
  readonly #newest: Map<Segment, number>;

  constructor(folder: string, finished: ReadonlyMap<Segment, number>, current: Segment) {
    this.#folder = folder;
    this.#segments = [...finished.keys(), current];
    this.#newest = new Map(finished);
  }

  get oldest(): Segment {
    return this.#at(0);
  }

  /** The one that is written to. */
  get current(): Segment {
    return this.#at(-1);
  }

  /** The segment that holds a position (the oldest for one that is gone), and where the one after it starts. */
  holding(position: number): { readonly segment: Segment; readonly end: number | undefined } {
    const index = Math.max(
      this.#segments.findLastIndex((segment) => segment.firstPosition <= position),
      0,
    );
    return { segment: this.#at(index), end: this.#segments[index + 1]?.firstPosition };
  }

  /** The segment that holds an event; the oldest for one that is gone. */
  ofSequence(sequence: number): Segment {
    return this.#segments.findLast((segment) => segment.firstSequence <= sequence) ?? this.oldest;
  }

  /** The first segment that may hold events enqueued after a time. */
  after(time: number): Segment {
    return this.#segments.find((segment) => (this.#newest.get(segment) ?? Infinity) > time) ?? this.current;
  }

  /** Goes on in a new segment. @param newest when the newest event of the finished one was enqueued */
  start(segment: Segment, newest: number): void {
    this.#newest.set(this.current, newest);
    this.#segments.push(segment);
  }

  /** Removes what may no longer stay. @param end the log's end, as a position */
  async retain(retention: Retention, now: number, end: number): Promise<void> {
    const gone: Segment[] = [];
    for (const segment of this.#segments.slice(0, -1)) {
      const tooMuch = end - segment.firstPosition > retention.bytes;
      const tooOld = (this.#newest.get(segment) ?? Infinity) < now - retention.ms;
      if (!tooMuch && !tooOld) break;
      gone.push(segment);
    }
    this.#segments.splice(0, gone.length);
    for (const segment of gone) {
      this.#newest.delete(segment);
      await rm(segment.path, { force: true });
    }
    if (gone.length > 0) await flushFolder(this.#folder);
  }

  #at(index: number): Segment {
    const segment = this.#segments.at(index);
    if (segment === undefined) throw new RangeError(`the log has no segment ${String(index)}`);
    return segment;
  }
}
