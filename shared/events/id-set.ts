const FIRST_CAPACITY = 1 << 12;

/**
 * A set of UUIDs at 16 bytes each and the room of a hash table: an hour of the log may hold more of them than a `Set`
 * of texts takes (2^24), and would need five times the memory there.
 */
export class IdSet {
  /** Four words per slot; a slot of zeros is free, and no UUID with a version is all zeros. */
  #slots = new Uint32Array(4 * FIRST_CAPACITY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * @param id a UUID as text, with its hyphens
   * @returns false where it was there already
   */
  add(id: string): boolean {
    const [a, b, c, d] = wordsOf(id);
    if (!this.#insert(a, b, c, d)) return false;
    this.#size += 1;
    if (this.#size * 10 > (this.#slots.length / 4) * 7) this.#grow();
    return true;
  }

  has(id: string): boolean {
    const slots = this.#slots;
    return !isFree(slots, 4 * slotOf(slots, ...wordsOf(id)));
  }

  #insert(a: number, b: number, c: number, d: number): boolean {
    const slots = this.#slots;
    const at = 4 * slotOf(slots, a, b, c, d);
    if (!isFree(slots, at)) return false;
    slots[at] = a;
    slots[at + 1] = b;
    slots[at + 2] = c;
    slots[at + 3] = d;
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += 4) {
      // One by one: a view of each slot would take longer than to put it in its place.
      if (!isFree(old, at)) this.#insert(old[at]!, old[at + 1]!, old[at + 2]!, old[at + 3]!);
    }
  }
}

/** @param id a UUID as text, with its hyphens */
export function wordsOf(id: string): [number, number, number, number] {
  return [
    digits(id, 0, 8, 0),
    digits(id, 14, 18, digits(id, 9, 13, 0)),
    digits(id, 24, 28, digits(id, 19, 23, 0)),
    digits(id, 28, 36, 0),
  ];
}

/** The number in hexadecimal digits after others. `Number.parseInt` of slices takes three times as long. */
function digits(id: string, from: number, to: number, before: number): number {
  let value = before;
  for (let at = from; at < to; at += 1) {
    const code = id.charCodeAt(at);
    // The low bits of a digit are its value; those of a letter, of either case, count from 1.
    value = (value << 4) | ((code & 15) + (code >> 6) * 9);
  }
  return value >>> 0;
}

/**
 * The slot of a UUID in an open hash table, or the free one that it would take.
 * @param slots four words per slot, a power of two of them, some free; a free slot is all zeros
 */
export function slotOf(slots: Uint32Array, a: number, b: number, c: number, d: number): number {
  const mask = slots.length / 4 - 1;
  // The last words of a UUIDv7 are random; those made in one millisecond by one worker may differ in few bits only.
  let slot = (Math.imul(d ^ Math.imul(c, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(a ^ b, 0xc2b2ae35)) >>> 0;
  slot = (slot ^ (slot >>> 15)) & mask;
  for (;;) {
    const at = slot * 4;
    const [w, x, y, z] = [slots[at], slots[at + 1], slots[at + 2], slots[at + 3]];
    if (w === 0 && x === 0 && y === 0 && z === 0) return slot;
    if (w === a && x === b && y === c && z === d) return slot;
    slot = (slot + 1) & mask;
  }
}

function isFree(slots: Uint32Array, at: number): boolean {
  return slots[at] === 0 && slots[at + 1] === 0 && slots[at + 2] === 0 && slots[at + 3] === 0;
}
