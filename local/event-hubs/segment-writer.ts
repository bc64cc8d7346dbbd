import { close, constants, fdatasync, ftruncate, open, writev } from 'node:fs';
import { promisify } from 'node:util';

const openFile = promisify(open);
const closeFile = promisify(close);
const flushFile = promisify(fdatasync);
const truncateFile = promisify(ftruncate);

/**
 * With this flag a write returns when its data is on the disk, as if `fdatasync` followed, but in one call: a third less
 * work. Where the system doesn't know it (Windows), `fdatasync` does follow.
 */
const O_DSYNC: number | undefined = constants.O_DSYNC;

/** A segment file that is written to. What a call has done is on the disk when it ends. */
export interface SegmentWriter {
  /** Writes parts one after the other from a place in the file on. @throws Error of the file system */
  write(parts: readonly Buffer[], at: number): Promise<void>;
  /** Cuts off everything from a place on. */
  truncate(at: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens a segment file to write to it. @param fresh empties it, or creates it */
export async function openWriter(path: string, fresh: boolean): Promise<SegmentWriter> {
  const { O_CREAT, O_RDWR, O_TRUNC } = constants;
  const file = await openFile(path, O_RDWR | (fresh ? O_CREAT | O_TRUNC : 0) | (O_DSYNC ?? 0), 0o644);
  return new FlushingWriter(file);
}

class FlushingWriter implements SegmentWriter {
  readonly #file: number;

  constructor(file: number) {
    this.#file = file;
  }

  async write(parts: readonly Buffer[], at: number): Promise<void> {
    let rest = parts;
    let next = at;
    while (rest.length > 0) {
      const written = await writeSome(this.#file, rest, next);
      next += written;
      rest = after(rest, written);
    }
    if (O_DSYNC === undefined) await flushFile(this.#file);
  }

  async truncate(at: number): Promise<void> {
    await truncateFile(this.#file, at);
    await flushFile(this.#file);
  }

  async close(): Promise<void> {
    await closeFile(this.#file);
  }
}

function writeSome(file: number, parts: readonly Buffer[], at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(file, parts, at, (error, written) => {
      if (error === null) resolve(written);
      else reject(error);
    });
  });
}

/** What is left after some bytes; the disk takes only a part when it is almost full. */
function after(parts: readonly Buffer[], written: number): readonly Buffer[] {
  let skipped = written;
  const rest: Buffer[] = [];
  for (const part of parts) {
    if (skipped < part.length) rest.push(skipped === 0 ? part : part.subarray(skipped));
    skipped = Math.max(skipped - part.length, 0);
  }
  return rest;
}
