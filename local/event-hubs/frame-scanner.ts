import type { FileHandle } from 'node:fs/promises';
import { FRAME_HEADER, headAt, type FrameHead } from './batch-frame.ts';

/** Read at once; a frame that is longer is read on its own. */
const CHUNK = 256 * 1024;

export interface Frame {
  readonly head: FrameHead;
  readonly bytes: Buffer;
}

/** Reads the frames of a segment's file one after the other, in large pieces. It doesn't check their sums. */
export class FrameScanner {
  readonly #file: FileHandle;
  #chunk: Buffer = Buffer.alloc(0);
  #chunkAt = 0;
  #at: number;

  /** @param at where in the file a frame starts */
  constructor(file: FileHandle, at: number) {
    this.#file = file;
    this.#at = at;
  }

  /** Where in the file the next frame starts. */
  get at(): number {
    return this.#at;
  }

  /** The next frame if it has been read in whole already; it then counts as taken. */
  take(): Frame | undefined {
    const start = this.#at - this.#chunkAt;
    const head = headAt(this.#chunk, start);
    if (head === undefined || start + head.size > this.#chunk.length) return undefined;
    this.#at += head.size;
    return { head, bytes: this.#chunk.subarray(start, start + head.size) };
  }

  /**
   * Reads on, so that `take` has something.
   * @param limit where in the file to stop: what is behind it is not yet, or no longer, part of the log
   * @returns false where no whole frame starts before the limit
   */
  async fill(limit: number): Promise<boolean> {
    const left = limit - this.#at;
    if (left < FRAME_HEADER) return false;
    let chunk = await readFully(this.#file, this.#at, Math.min(CHUNK, left));
    const size = headAt(chunk, 0)?.size;
    if (size === undefined || size > left) return false;
    if (size > chunk.length) chunk = await readFully(this.#file, this.#at, size);
    if (size > chunk.length) return false;
    this.#chunk = chunk;
    this.#chunkAt = this.#at;
    return true;
  }
}

/** Up to `length` bytes of a file; fewer only at its end. */
async function readFully(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, at + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
