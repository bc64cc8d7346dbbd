/** Reads what `ByteWriter` wrote. Every method throws a RangeError at the end of the bytes or for what it never writes. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  whole(): number {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError('it ends within a number');
      value += (byte % 128) * factor;
      if (!Number.isSafeInteger(value)) throw new RangeError('it has a number that is too large');
      if (byte < 128) return value;
      factor *= 128;
    }
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#skip(8));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64LE(this.#skip(8));
  }

  uint128(): bigint {
    const at = this.#skip(16);
    return this.#bytes.readBigUInt64LE(at) + (this.#bytes.readBigUInt64LE(at + 8) << 64n);
  }

  text(): string {
    const size = this.whole();
    const at = this.#skip(size);
    return this.#bytes.toString('utf8', at, at + size);
  }

  #skip(size: number): number {
    const at = this.#at;
    if (at + size > this.#bytes.length) throw new RangeError('it ends too early');
    this.#at += size;
    return at;
  }
}
