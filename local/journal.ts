import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A journal file that cannot be read back; the message names the file and the line. */
export class DamagedJournal extends Error {
  override readonly name = 'DamagedJournal';
}

/**
 * What changed since a snapshot was taken, one JSON line for each group of changes, in numbered files beside it.
 *
 * The changes of one synchronous stretch of code become one line, which is with the operating system before any
 * `await` that follows goes on: a reply that is sent after a change can't overtake its record, a kill of the process
 * loses nothing that was acknowledged, and it leaves of each group all or nothing. (Only a crash of the machine can
 * lose the last moments.)
 */
export class Journal {
  readonly #base: string;
  #number: number;
  #file: number;
  #size = 0;
  #pending: string[] = [];

  /**
   * Starts a new file after those that are there.
   * @param base path of the snapshot; the journal's files are `{base}.journal.{n}`
   */
  constructor(base: string) {
    this.#base = base;
    this.#number = (segments(base).at(-1) ?? 0) + 1;
    this.#file = openSync(segmentPath(base, this.#number), 'a');
  }

  /** Bytes written since the last rotation. */
  get size(): number {
    return this.#size;
  }

  /** Adds one change to the group that is written at the end of the current synchronous stretch. */
  append(change: unknown): void {
    // The microtask runs before the continuation of the async function that is making this change. Should it fail
    // (no space, say), the process ends with it rather than acknowledge what it could not keep.
    if (this.#pending.length === 0) queueMicrotask(() => this.#flush());
    this.#pending.push(JSON.stringify(change));
  }

  /**
   * Goes on in a new file. To be called in the same synchronous stretch that takes the snapshot.
   * @returns forgets the earlier files; to be called once the snapshot is safe
   */
  rotate(): () => void {
    this.#flush();
    const finished = this.#file;
    const last = this.#number;
    this.#number = last + 1;
    this.#file = openSync(segmentPath(this.#base, this.#number), 'a');
    this.#size = 0;
    closeSync(finished);
    return () => {
      for (const number of segments(this.#base)) {
        if (number <= last) rmSync(segmentPath(this.#base, number), { force: true });
      }
    };
  }

  /** Writes what is pending and lets go of the file; an empty one is removed. */
  close(): void {
    this.#flush();
    closeSync(this.#file);
    if (this.#size === 0) rmSync(segmentPath(this.#base, this.#number), { force: true });
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    const line = Buffer.from(`[${this.#pending.join(',')}]\n`);
    this.#pending = [];
    for (let written = 0; written < line.length;) written += writeSync(this.#file, line, written);
    this.#size += line.length;
  }
}

/**
 * The groups of changes in every file of a journal, oldest first. A last line that a kill cut off is left out: its
 * changes were never acknowledged.
 * @throws DamagedJournal for any other line that is no JSON array
 */
export function readJournal(base: string): unknown[][] {
  return segments(base).flatMap((number) => readSegment(segmentPath(base, number)));
}

function readSegment(path: string): unknown[][] {
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop(); // what follows the last line's end: nothing, or a line that was cut off
  return lines.map((line, index) => {
    const group = parseGroup(line);
    if (group === undefined) throw new DamagedJournal(`${path} is damaged in line ${String(index + 1)}`);
    return group;
  });
}

function parseGroup(line: string): unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return Array.isArray(parsed) ? parsed : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function segments(base: string): number[] {
  const prefix = `${basename(base)}.journal.`;
  return readdirSync(dirname(base))
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter((number) => Number.isSafeInteger(number))
    .toSorted((a, b) => a - b);
}

function segmentPath(base: string, number: number): string {
  return join(dirname(base), `${basename(base)}.journal.${String(number)}`);
}
