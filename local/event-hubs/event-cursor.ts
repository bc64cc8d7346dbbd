import { open, type FileHandle } from 'node:fs/promises';
import { eventAt, FRAME_HEADER, isIntact, offsetOf, type EventPlace } from './batch-frame.ts';
import { FrameScanner, type Frame } from './frame-scanner.ts';
import { DamagedLog } from './open-log.ts';
import type { PartitionLog } from './partition-log.ts';
import type { Segment } from './segment-files.ts';
import type { StartPosition } from './start-position.ts';

/** An event as it lies in memory. */
export interface StoredEvent extends EventPlace {
  readonly frame: Buffer;
}

/** A segment that is being read. */
interface OpenSegment {
  readonly segment: Segment;
  readonly file: FileHandle;
  readonly scanner: FrameScanner;
}

/**
 * Reads a partition from a start position on. The newest events come from memory, older ones from the segment files,
 * a piece at a time, so that a slow consumer costs no more memory than a quick one.
 */
export class EventCursor {
  readonly #log: PartitionLog;
  /** Set until the first event that it lets pass. */
  #start: StartPosition | undefined;
  /** Where the next frame stands. */
  #position: number;
  #frame: Buffer | undefined;
  #at = 0;
  #left = 0;
  #open: OpenSegment | undefined;

  constructor(log: PartitionLog, start: StartPosition) {
    this.#log = log;
    this.#start = start.kind === 'earliest' || start.kind === 'latest' ? undefined : start;
    this.#position = firstPosition(log, start);
  }

  /** Whether all events that are there have been read. */
  get atEnd(): boolean {
    return this.#left === 0 && this.#position >= this.#log.end.position;
  }

  /** The next event, if it is in memory; then `load` is needed unless the cursor is at the end. */
  next(): StoredEvent | undefined {
    while (this.#left === 0) {
      if (!this.#enterFrame()) return undefined;
    }
    const frame = this.#frame;
    if (frame === undefined) return undefined;
    const place = eventAt(frame, this.#at);
    this.#at = place.end;
    this.#left -= 1;
    if (this.#left === 0) this.#frame = undefined;
    return { frame, ...place };
  }

  /** Brings the events that follow into memory. @throws DamagedLog */
  async load(): Promise<void> {
    if (this.atEnd) return;
    this.#position = Math.max(this.#position, this.#log.begin.position);
    const { segment, end } = this.#log.segments.holding(this.#position);
    const at = this.#position - segment.firstPosition;
    if (this.#open?.segment !== segment || this.#open.scanner.at !== at) {
      await this.close();
      const file = await openOrGone(segment.path);
      // Retention was quicker; the next call starts at what is there now.
      if (file === undefined) return;
      this.#open = { segment, file, scanner: new FrameScanner(file, at) };
    }
    const limit = Math.min(end ?? Infinity, this.#log.end.position) - segment.firstPosition;
    if (!(await this.#open.scanner.fill(limit))) {
      throw new DamagedLog(`${segment.path} is damaged at byte ${String(at)}`);
    }
  }

  /** Lets go of the file that is being read, if any. */
  async close(): Promise<void> {
    const file = this.#open?.file;
    this.#open = undefined;
    await file?.close();
  }

  /** Goes to the next frame. @returns false if it is not in memory */
  #enterFrame(): boolean {
    const frame = this.#takeFrame();
    if (frame === undefined) return false;
    const position = this.#position;
    this.#position += frame.head.size;
    const skipped = this.#start === undefined ? 0 : eventsBefore(this.#start, frame, position);
    if (skipped === frame.head.count) return true;
    this.#start = undefined;
    this.#frame = frame.bytes;
    this.#left = frame.head.count - skipped;
    this.#at = FRAME_HEADER;
    for (let event = 0; event < skipped; event += 1) this.#at = eventAt(frame.bytes, this.#at).end;
    return true;
  }

  #takeFrame(): Frame | undefined {
    if (this.#position >= this.#log.end.position) return undefined;
    const recent = this.#log.tail.at(this.#position);
    if (recent !== undefined) return recent;
    const reading = this.#open;
    if (reading === undefined || reading.segment.firstPosition + reading.scanner.at !== this.#position)
      return undefined;
    const frame = reading.scanner.take();
    if (frame !== undefined && !isIntact(frame.bytes)) {
      throw new DamagedLog(`${reading.segment.path} is damaged before byte ${String(reading.scanner.at)}`);
    }
    return frame;
  }
}

/** Where to begin looking for a start position: before it, and near it. */
function firstPosition(log: PartitionLog, start: StartPosition): number {
  if (start.kind === 'earliest') return log.begin.position;
  if (start.kind === 'latest') return log.end.position;
  const recent = log.tail.first;
  switch (start.kind) {
    case 'sequence':
      if (recent !== undefined && recent.head.firstSequence <= start.value) return recent.position;
      return log.segments.ofSequence(start.value).firstPosition;
    case 'offset':
      if (recent !== undefined && recent.position <= start.value) return recent.position;
      return log.segments.holding(start.value).segment.firstPosition;
    case 'time':
      if (recent !== undefined && recent.head.enqueuedTime <= start.value) return recent.position;
      return log.segments.after(start.value).firstPosition;
  }
}

/** How many events of a frame come before a start position. */
function eventsBefore(start: StartPosition, frame: Frame, position: number): number {
  const { head, bytes } = frame;
  switch (start.kind) {
    case 'earliest':
    case 'latest':
      return 0;
    case 'time':
      return head.enqueuedTime > start.value ? 0 : head.count;
    case 'sequence': {
      const first = start.inclusive ? start.value : start.value + 1;
      return Math.min(Math.max(first - head.firstSequence, 0), head.count);
    }
    case 'offset': {
      let at = FRAME_HEADER;
      for (let event = 0; event < head.count; event += 1) {
        const offset = offsetOf(position, at);
        if (start.inclusive ? offset >= start.value : offset > start.value) return event;
        at = eventAt(bytes, at).end;
      }
      return head.count;
    }
  }
}

async function openOrGone(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
