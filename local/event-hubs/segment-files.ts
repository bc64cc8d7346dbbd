import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eventAt, FRAME_HEADER, isIntact, offsetOf } from './batch-frame.ts';
import { FrameScanner, type Frame } from './frame-scanner.ts';

/** A file of a partition's log. Both numbers are those of the first frame that is or will be in it. */
export interface Segment {
  readonly path: string;
  readonly firstSequence: number;
  readonly firstPosition: number;
}

const NAME = /^(\d{16})-(\d{16})\.log$/;

/** The segment's file, named by where it starts, so that a listing sorts itself and a lost file is noticed. */
export function segmentAt(folder: string, firstSequence: number, firstPosition: number): Segment {
  const name = [firstSequence, firstPosition].map((number) => String(number).padStart(16, '0')).join('-');
  return { path: join(folder, `${name}.log`), firstSequence, firstPosition };
}

/** The segments in a folder, oldest first. */
export async function listSegments(folder: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (const name of (await readdir(folder)).toSorted()) {
    const parts = NAME.exec(name);
    if (parts !== null) segments.push(segmentAt(folder, Number(parts[1]), Number(parts[2])));
  }
  return segments;
}

/** The last event of a log. */
export interface LastEvent {
  readonly offset: number;
  readonly enqueuedTime: number;
}

/** Where the intact part of a segment ends. */
export interface SegmentEnd {
  /** Bytes of intact frames. */
  readonly size: number;
  /** Bytes of the file. */
  readonly fileSize: number;
  readonly nextSequence: number;
  /** Absent where the segment holds no frame. */
  readonly last: LastEvent | undefined;
}

/**
 * Reads a segment up to the first frame that is cut off, damaged or out of order. What was acknowledged comes before
 * that, since it was flushed before.
 */
export async function findEnd(segment: Segment): Promise<SegmentEnd> {
  const file = await open(segment.path, 'r');
  try {
    const { size: fileSize } = await file.stat();
    const scanner = new FrameScanner(file, 0);
    let nextSequence = segment.firstSequence;
    let size = 0;
    let last: LastEvent | undefined;
    for (;;) {
      const frame = scanner.take() ?? ((await scanner.fill(fileSize)) ? scanner.take() : undefined);
      if (frame === undefined || frame.head.firstSequence !== nextSequence || !isIntact(frame.bytes)) break;
      last = lastEventOf(frame, segment.firstPosition + size);
      nextSequence += frame.head.count;
      size = scanner.at;
    }
    return { size, fileSize, nextSequence, last };
  } finally {
    await file.close();
  }
}

/** @param position where in the log the frame stands */
export function lastEventOf(frame: Frame, position: number): LastEvent {
  let at = FRAME_HEADER;
  for (let event = 1; event < frame.head.count; event += 1) at = eventAt(frame.bytes, at).end;
  return { offset: offsetOf(position, at), enqueuedTime: frame.head.enqueuedTime };
}

/** Makes the creation or removal of files in a folder survive a crash of the machine. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
