import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom, sampleAscending, shuffle } from '../../../shared/training/random.ts';

describe('createRandom', () => {
  test.each([
    // Computed with an independent implementation of sfc32 (Python integers).
    [0, [1363572419, 145230303, 808754475, 4216505632]],
    [12345, [235160590, 2967261163, 116171463, 2882324903]],
    [4294967295, [1984736529, 3747275468, 1287205723]],
  ])('gives the sequence of sfc32 for the seed %i', (seed, expected) => {
    const random = createRandom(seed);
    expect(expected.map(() => random() * 2 ** 32)).toEqual(expected);
  });
});

describe('shuffle', () => {
  test('keeps the items and reaches every order about equally often', () => {
    const random = createRandom(1);
    const seen = new Map<string, number>();
    for (let i = 0; i < 6_000; i += 1) {
      const items = Uint32Array.of(1, 2, 3);
      shuffle(items, random);
      seen.set(items.join(), (seen.get(items.join()) ?? 0) + 1);
    }
    expect([...seen.keys()].toSorted()).toEqual(['1,2,3', '1,3,2', '2,1,3', '2,3,1', '3,1,2', '3,2,1']);
    // 1,000 expected, standard deviation 29.
    for (const count of seen.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});

describe('sampleAscending', () => {
  test('draws different items in ascending order, and all of a small population', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), fc.nat(), (population, size, seed) => {
        const sample = [...sampleAscending(population, size, createRandom(seed))];
        expect(sample).toEqual([...new Set(sample)].toSorted((a, b) => a - b));
        expect(sample).toHaveLength(Math.min(population, size));
        expect(sample.every((item) => item < population)).toBe(true);
      }),
    );
  });

  test('draws every item equally often', () => {
    const random = createRandom(2);
    const counts = new Float64Array(10);
    for (let i = 0; i < 5_000; i += 1) {
      for (const item of sampleAscending(10, 3, random)) counts[item] = (counts[item] ?? 0) + 1;
    }
    // 1,500 expected, standard deviation 32.
    for (const count of counts) expect(Math.abs(count - 1_500)).toBeLessThan(165);
  });
});
