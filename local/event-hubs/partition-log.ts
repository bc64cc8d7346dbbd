import { encodeFrame, headAt } from './batch-frame.ts';
import type { SentEvent } from './event-message.ts';
import { LogTail, type StoredFrame } from './log-tail.ts';
import { flushFolder, lastEventOf, segmentAt, type LastEvent } from './segment-files.ts';
import type { Retention, SegmentList } from './segment-list.ts';
import { openWriter, type SegmentWriter } from './segment-writer.ts';
import { Slabs } from './slabs.ts';

/** How a partition's log is kept. */
export interface LogLimits {
  /** A segment that has reached this size is followed by a new one. */
  readonly segmentBytes: number;
  readonly retention: Retention;
  /** Bytes of the newest events to keep in memory. */
  readonly tailBytes: number;
}

/** The log could not be written (no space, say). Nothing of what was to be appended is in it. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
}

/** A place between two frames: the number of the event that follows, and the bytes that precede it. */
export interface LogPlace {
  readonly sequence: number;
  readonly position: number;
}

/** A log as it is on the disk. */
export interface LogState {
  readonly folder: string;
  readonly segments: SegmentList;
  /** The segment that is written to. */
  readonly file: SegmentWriter;
  readonly end: LogPlace;
  readonly last: LastEvent | undefined;
}

interface Pending {
  readonly bytes: Buffer;
  readonly stored: () => void;
  readonly failed: (error: LogUnavailable) => void;
}

/** A segment is followed by another after this part of the retention time, so that old events can go. */
const RETENTION_PART = 8;

/**
 * The events of one partition: an append-only log in segment files. An append is done once it is flushed to the
 * disk; whatever arrives during a flush shares the next one. Readers see only what is flushed.
 */
export class PartitionLog {
  readonly segments: SegmentList;
  readonly tail: LogTail;
  readonly #folder: string;
  readonly #limits: LogLimits;
  readonly #now: () => number;
  readonly #memory = new Slabs();
  readonly #readers = new Set<() => void>();
  #file: SegmentWriter;
  #flushed: LogPlace;
  #last: LastEvent | undefined;
  /** Behind everything that waits to be written. */
  #assigned: LogPlace;
  #assignedTime: number;
  #pending: Pending[] = [];
  #writing: Promise<void> | undefined;
  /** Bytes of a failed write may stand behind the flushed ones. */
  #soiled = false;
  #segmentStarted: number;
  #closed = false;

  /** @param now milliseconds since 1970 */
  constructor(state: LogState, limits: LogLimits, now: () => number) {
    this.segments = state.segments;
    this.tail = new LogTail(limits.tailBytes);
    this.#folder = state.folder;
    this.#limits = limits;
    this.#now = now;
    this.#file = state.file;
    this.#flushed = state.end;
    this.#last = state.last;
    this.#assigned = state.end;
    this.#assignedTime = state.last?.enqueuedTime ?? 0;
    this.#segmentStarted = now();
  }

  /** Where the oldest event stands that is still there. */
  get begin(): LogPlace {
    const { firstSequence: sequence, firstPosition: position } = this.segments.oldest;
    return { sequence, position };
  }

  /** Behind the newest event that readers may see. */
  get end(): LogPlace {
    return this.#flushed;
  }

  /** The newest event that readers may see; absent in a log that never had one. */
  get last(): LastEvent | undefined {
    return this.#last;
  }

  /**
   * Appends the events of one transfer, all or none.
   * @param stored called once they are safe
   * @param failed called instead when they could not be written; no reader will ever see any of them
   * @returns the bytes that are waiting because of it
   */
  append(events: readonly SentEvent[], stored: () => void, failed: (error: LogUnavailable) => void): number {
    if (this.#closed) {
      failed(new LogUnavailable('the log is closed'));
      return 0;
    }
    const { sequence, position } = this.#assigned;
    // Times never go back inside a partition, so that a start position given as a time has one meaning.
    this.#assignedTime = Math.max(this.#now(), this.#assignedTime);
    const bytes = encodeFrame(events, sequence, this.#assignedTime, position, this.#memory);
    this.#assigned = { sequence: sequence + events.length, position: position + bytes.length };
    this.#pending.push({ bytes, stored, failed });
    this.#writing ??= this.#write();
    return bytes.length;
  }

  /** Calls `wake` whenever there are new events. @returns ends that */
  watch(wake: () => void): () => void {
    this.#readers.add(wake);
    return () => this.#readers.delete(wake);
  }

  /** Removes what may no longer stay. */
  async applyRetention(): Promise<void> {
    await this.segments.retain(this.#limits.retention, this.#now(), this.#flushed.position);
  }

  /** Writes what waits, then lets go of the file. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    await this.#file.close();
  }

  async #write(): Promise<void> {
    while (this.#pending.length > 0) {
      const group = this.#pending;
      this.#pending = [];
      try {
        await this.#flush(group);
      } catch (error) {
        this.#abandon(group, error);
        continue;
      }
      this.#publish(group);
    }
    this.#writing = undefined;
  }

  async #flush(group: readonly Pending[]): Promise<void> {
    let at = this.#flushed.position - this.segments.current.firstPosition;
    if (this.#soiled) {
      await this.#file.truncate(at);
      this.#soiled = false;
    }
    const age = this.#now() - this.#segmentStarted;
    if (at > 0 && (at >= this.#limits.segmentBytes || age > this.#limits.retention.ms / RETENTION_PART)) {
      await this.#startSegment();
      at = 0;
    }
    await this.#file.write(
      group.map(({ bytes }) => bytes),
      at,
    );
  }

  #publish(group: readonly Pending[]): void {
    let newest: StoredFrame | undefined;
    for (const { bytes } of group) {
      const head = headAt(bytes, 0);
      if (head === undefined) throw new RangeError('what was appended is no frame');
      newest = { head, bytes, position: this.#flushed.position };
      this.tail.push(newest);
      this.#flushed = {
        sequence: this.#flushed.sequence + head.count,
        position: this.#flushed.position + bytes.length,
      };
    }
    if (newest !== undefined) this.#last = lastEventOf(newest, newest.position);
    for (const { stored } of group) stored();
    for (const wake of this.#readers) wake();
  }

  /** Gives up a group, and with it all that was numbered after it. */
  #abandon(group: readonly Pending[], cause: unknown): void {
    const lost = [...group, ...this.#pending];
    this.#pending = [];
    this.#soiled = true;
    this.#assigned = this.#flushed;
    const error = new LogUnavailable('the log could not be written', { cause });
    for (const { failed } of lost) failed(error);
  }

  async #startSegment(): Promise<void> {
    const segment = segmentAt(this.#folder, this.#flushed.sequence, this.#flushed.position);
    const file = await openWriter(segment.path, true);
    await flushFolder(this.#folder);
    const finished = this.#file;
    this.#file = file;
    this.segments.start(segment, this.#last?.enqueuedTime ?? 0);
    this.#segmentStarted = this.#now();
    await finished.close();
    await this.applyRetention();
  }
}
