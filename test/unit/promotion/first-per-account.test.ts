import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstOnes, knownAlone, MAX_SEEN_ACCOUNTS } from '../../../shared/promotion/first-per-account.ts';

test('an account counts once in a phase, whatever rows and looks it is in', () => {
  const row = fc.record({ hashes: fc.uniqueArray(fc.nat(20), { maxLength: 8 }), others: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(fc.array(row, { maxLength: 4 }), { maxLength: 6 }), (looks) => {
      let seen: readonly number[] = [];
      let total = 0;
      for (const rows of looks) {
        const result = firstOnes(seen, rows);
        total += result.count;
        seen = result.seen;
      }
      const rows = looks.flat();
      const distinct = new Set(rows.flatMap(({ hashes }) => hashes));
      expect(total).toBe(distinct.size + rows.reduce((sum, { others }) => sum + others, 0));
      expect(seen).toEqual([...distinct].toSorted((left, right) => left - right));
    }),
  );
});

test('a full memory goes on counting, and does not grow', () => {
  const hashes = Array.from({ length: MAX_SEEN_ACCOUNTS + 5 }, (_, hash) => hash);
  const { count, seen } = firstOnes([], [{ hashes, others: 0 }]);
  expect([count, seen.length]).toEqual([MAX_SEEN_ACCOUNTS + 5, MAX_SEEN_ACCOUNTS]);
});

test('the accounts known at 100 % are those of both arms, each once', () => {
  expect(knownAlone([1, 5], [2, 5])).toEqual([1, 2, 5]);
});
