/** Puts numbers into bytes, growing as it goes. Little-endian; whole numbers in base 128 take as many bytes as they need. */
export class ByteWriter {
  #bytes = Buffer.alloc(1 << 12);
  #length = 0;

  /** @param value a whole number from 0 to 2^53 - 1 */
  whole(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  /** A signed number of 64 bits. */
  int64(value: bigint): void {
    this.#reserve(8);
    this.#length = this.#bytes.writeBigInt64LE(value, this.#length);
  }

  /** An unsigned number of up to 128 bits. */
  uint128(value: bigint): void {
    this.#reserve(16);
    this.#length = this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.#length);
    this.#length = this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value >> 64n), this.#length);
  }

  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.whole(size);
    this.#reserve(size);
    this.#length += this.#bytes.write(value, this.#length);
  }

  taken(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(2 * this.#bytes.length, this.#length + size));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
