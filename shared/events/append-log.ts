import { Failure } from '../failure.ts';
import { partName } from './log-layout.ts';
import type { AppendBlobs } from './ports.ts';

/** The most of one append. Bytes; the service takes more, but not from older versions of itself. */
export const MAX_APPEND_BYTES = 4 * 1024 * 1024;
/** An append blob takes 50,000 blocks; the room between is for other workers that append to the same one. */
const MAX_BLOCKS = 49_000;
/** Files whose part is remembered: more than a worker has open at once. */
const MAX_REMEMBERED = 1_000;

/** Appends to the files of a log, each of which goes on in a new part before its blob is full. */
export class AppendLog {
  readonly #blobs: AppendBlobs;
  readonly #maxBlocks: number;
  /** The part that each file is at. One that is not known is found by trying from the first. */
  readonly #parts = new Map<string, number>();

  constructor(blobs: AppendBlobs, maxBlocks = MAX_BLOCKS) {
    this.#blobs = blobs;
    this.#maxBlocks = maxBlocks;
  }

  /**
   * Appends lines, each of which ends with a line break, in order. After an error some may have been appended.
   * @throws Failure `unavailable`
   */
  async append(folder: string, partition: string, lines: readonly string[]): Promise<void> {
    for (const chunk of chunksOf(lines)) {
      // In sequence: one file grows in one order
      await this.#appendChunk(folder, partition, chunk);
    }
  }

  async #appendChunk(folder: string, partition: string, chunk: Uint8Array): Promise<void> {
    const file = folder + partition;
    let made = false;
    for (let part = this.#parts.get(file) ?? 0; ;) {
      const path = folder + partName(partition, part);
      // In sequence: each try depends on the one before
      const appended = await this.#blobs.append(path, chunk);
      if (appended.kind === 'appended') {
        this.#remember(file, appended.blocks >= this.#maxBlocks ? part + 1 : part);
        return;
      }
      if (appended.kind === 'full') {
        part += 1;
        made = false;
      } else {
        if (made) throw new Failure('unavailable', `The log's file ${path} is removed as it is made`);
        await this.#blobs.start(path);
        made = true;
      }
    }
  }

  #remember(file: string, part: number): void {
    this.#parts.delete(file);
    this.#parts.set(file, part);
    const oldest = this.#parts.keys().next();
    if (this.#parts.size > MAX_REMEMBERED && oldest.done === false) this.#parts.delete(oldest.value);
  }
}

/** Lines joined into pieces of at most `MAX_APPEND_BYTES`; no line is near that size. */
function* chunksOf(lines: readonly string[]): Generator<Uint8Array> {
  let from = 0;
  let bytes = 0;
  for (let at = 0; at < lines.length; at += 1) {
    const size = Buffer.byteLength(lines[at] ?? '');
    if (bytes > 0 && bytes + size > MAX_APPEND_BYTES) {
      yield Buffer.from(lines.slice(from, at).join(''));
      [from, bytes] = [at, 0];
    }
    bytes += size;
  }
  if (from < lines.length) yield Buffer.from(lines.slice(from).join(''));
}
