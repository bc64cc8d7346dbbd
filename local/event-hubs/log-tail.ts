import type { Frame } from './frame-scanner.ts';

/** A frame that is safely in the log, and where it stands there. */
export interface StoredFrame extends Frame {
  readonly position: number;
}

/** The newest frames of a partition, kept in memory for the consumers that are up to date. */
export class LogTail {
  readonly #limit: number;
  readonly #frames: StoredFrame[] = [];
  #bytes = 0;

  /** @param limit bytes to keep; the newest frame stays in any case */
  constructor(limit: number) {
    this.#limit = limit;
  }

  push(frame: StoredFrame): void {
    this.#frames.push(frame);
    this.#bytes += frame.bytes.length;
    while (this.#bytes > this.#limit && this.#frames.length > 1) {
      this.#bytes -= this.#frames.shift()?.bytes.length ?? 0;
    }
  }

  /** The oldest frame that is kept. */
  get first(): StoredFrame | undefined {
    return this.#frames[0];
  }

  /** The frame that starts at a position, if it is kept. */
  at(position: number): StoredFrame | undefined {
    let low = 0;
    let high = this.#frames.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const frame = this.#frames[middle];
      if (frame !== undefined && frame.position < position) low = middle + 1;
      else high = middle;
    }
    const found = this.#frames[low];
    return found?.position === position ? found : undefined;
  }
}
