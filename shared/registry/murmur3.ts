/**
 * MurmurHash3, x86, 32 bits (Austin Appleby, public domain), of the first `length` bytes.
 * @returns an unsigned 32-bit integer
 */
export function murmur3(bytes: Uint8Array, length: number, seed: number): number {
  const blocks = length & ~3;
  let hash = seed | 0;
  for (let at = 0; at < blocks; at += 4) {
    hash ^= scramble(
      byteAt(bytes, at, 0) | byteAt(bytes, at, 1) | byteAt(bytes, at, 2) | byteAt(bytes, at, 3),
    );
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let at = blocks; at < length; at += 1) tail |= byteAt(bytes, blocks, at - blocks);
  hash ^= scramble(tail) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A byte at its place in a little-endian word. */
function byteAt(bytes: Uint8Array, start: number, index: number): number {
  return (bytes[start + index] ?? 0) << (8 * index);
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}
