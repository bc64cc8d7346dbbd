/** Returns the next number of a uniform sequence over [0, 1). */
export type Random = () => number;

/**
 * Small fast counting generator, 32-bit (sfc32 of Chris Doty-Humphrey's PractRand): 128 bits of state, passes
 * PractRand and BigCrush. The seed fills the state, and twelve rounds mix it, as its author recommends.
 *
 * @param seed any number; it counts modulo 2^32
 */
export function createRandom(seed: number): Random {
  let a = 0;
  let b = seed | 0;
  let c = 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 12; round += 1) next();
  return next;
}

/** A seed of its own for each of many generators: `seed` and `index` spread over 32 bits (Knuth's multiplier 2^32/φ). */
export function seedOf(seed: number, index: number): number {
  return (seed + Math.imul(index + 1, 0x9e3779b1)) >>> 0;
}

/** Shuffles the items in place (Fisher and Yates): every order is equally likely. */
export function shuffle(items: Uint32Array | Float32Array | Float64Array, random: Random): void {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const item = items[last]!;
    items[last] = items[other]!;
    items[other] = item;
  }
}

/** Draws `size` of the numbers 0 to `population` - 1 without replacement, ascending (Knuth, TAOCP 3.4.2, algorithm S). */
export function sampleAscending(population: number, size: number, random: Random): Uint32Array {
  const sample = new Uint32Array(Math.min(size, population));
  let chosen = 0;
  for (let item = 0; chosen < sample.length; item += 1) {
    if (random() * (population - item) < sample.length - chosen) {
      sample[chosen] = item;
      chosen += 1;
    }
  }
  return sample;
}
