/** Buffers are cut from pieces of this size… */
const SLAB_BYTES = 512 * 1024;
/** …unless they are longer than this. */
const LARGE = 256 * 1024;

/**
 * Hands out memory in large pieces: the collector is kept busy by many middle-sized buffers, each of which is memory of
 * its own outside the heap. A piece is freed when nothing that was cut from it is in use any more.
 */
export class Slabs {
  #slab: Buffer = Buffer.alloc(0);
  #used = 0;

  /** Memory with room for so many bytes, with anything in it; `keep` says how many turned out to be needed. */
  take(room: number): Buffer {
    if (room > LARGE) return Buffer.allocUnsafeSlow(room);
    if (this.#used + room > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    return this.#slab.subarray(this.#used, this.#used + room);
  }

  /** The first bytes of what was taken last; the rest is used again. */
  keep(taken: Buffer, bytes: number): Buffer {
    if (taken.buffer === this.#slab.buffer) this.#used += bytes;
    return taken.subarray(0, bytes);
  }

  /** Begins again with the same piece. Nothing that was cut from it may be in use. */
  reuse(): void {
    this.#used = 0;
  }
}
