import { createRandom } from '../../shared/training/random.ts';

/** A seeded source of random numbers; two sources made from the same words give the same sequence. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** 32 uniform bits as an unsigned integer. */
  bits(): number;
  /** Standard normal (Marsaglia's polar method). */
  normal(): number;
  /** Poisson with the given mean (Knuth's product method, meant for means below about 30). */
  poisson(mean: number): number;
  /** A whole number in [0, size). */
  below(size: number): number;
}

/** Mixes whole numbers (up to 2^53 in size) into 32 well spread bits: the finalizer of MurmurHash3 for each word. */
export function hash(...words: readonly number[]): number {
  let h = 0x9e3779b9;
  for (const word of words) {
    h = scramble(h ^ (word >>> 0));
    // Times and seeds may exceed 32 bits: the upper part counts as well.
    h = scramble(h ^ (Math.floor(word / 4294967296) >>> 0));
  }
  return h;
}

/** The same as a number in [0, 1). */
export function uniform(...words: readonly number[]): number {
  return hash(...words) / 4294967296;
}

function scramble(value: number): number {
  let h = (value + 0x6d2b79f5) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export function randomFrom(...words: readonly number[]): Random {
  const next = createRandom(hash(...words));
  let spare: number | undefined;

  function normal(): number {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const x = 2 * next() - 1;
      const y = 2 * next() - 1;
      const square = x * x + y * y;
      if (square > 0 && square < 1) {
        const scale = Math.sqrt((-2 * Math.log(square)) / square);
        spare = y * scale;
        return x * scale;
      }
    }
  }

  function poisson(mean: number): number {
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = next(); product > limit; product *= next()) count++;
    return count;
  }

  return {
    next,
    bits: () => next() * 4294967296,
    normal,
    poisson,
    below: (size) => Math.floor(next() * size),
  };
}
