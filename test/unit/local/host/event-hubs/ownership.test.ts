import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Ownership, partitionsToClaim } from '../../../../../local/host/event-hubs/ownership.ts';

const expiration = 10_000;

/** Owners that decide in turn, all seeing what those before them did. */
function settle(
  partitions: readonly string[],
  owners: readonly string[],
  before: readonly Ownership[],
  now: number,
  random: () => number,
): { readonly ownerships: Ownership[]; readonly rounds: number } {
  const ownerships = new Map(before.map((ownership) => [ownership.partition, ownership]));
  for (let rounds = 0; ; rounds += 1) {
    let claimed = 0;
    for (const owner of owners) {
      const wanted = partitionsToClaim(partitions, [...ownerships.values()], owner, now, expiration, random);
      claimed += wanted.length;
      for (const partition of wanted)
        ownerships.set(partition, { partition, owner, etag: '', modified: now });
    }
    if (claimed === 0) return { ownerships: [...ownerships.values()], rounds };
    if (rounds > partitions.length) throw new Error('the owners never come to an end');
  }
}

const situations = fc.record({
  partitions: fc
    .integer({ min: 1, max: 32 })
    .map((count) => Array.from({ length: count }, (_, id) => String(id))),
  owners: fc
    .integer({ min: 1, max: 12 })
    .map((count) => Array.from({ length: count }, (_, id) => `host-${String(id)}`)),
  before: fc.array(
    fc.record({
      partition: fc.integer({ min: 0, max: 31 }).map(String),
      owner: fc.constantFrom('', 'host-0', 'host-1', 'host-2', 'dead'),
      modified: fc.integer({ min: 0, max: 20_000 }),
    }),
    { maxLength: 32 },
  ),
  randoms: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1 }),
});

it('comes to a state in which every partition has a living owner and no owner has two more than another', () => {
  fc.assert(
    fc.property(situations, ({ partitions, owners, before, randoms }) => {
      let turn = 0;
      const random = () => randoms[turn++ % randoms.length] ?? 0;
      const known = new Map(
        before
          .filter(
            ({ partition, owner }) =>
              partitions.includes(partition) && ['', 'dead', ...owners].includes(owner),
          )
          .map((one) => [one.partition, { ...one, etag: '' }]),
      );
      // At 30 s everything that was claimed before has expired.
      const { ownerships } = settle(partitions, owners, [...known.values()], 30_000, random);
      const counts = new Map(owners.map((owner) => [owner, 0]));
      for (const { owner } of ownerships) counts.set(owner, (counts.get(owner) ?? 0) + 1);
      expect(ownerships).toHaveLength(partitions.length);
      expect(counts.has('dead')).toBe(false);
      expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
    }),
  );
});

it('leaves a claim alone until it expires', () => {
  const claims = (now: number) => {
    const held = [{ partition: '0', owner: 'other', etag: '', modified: 1_000 }];
    return partitionsToClaim(['0'], held, 'me', now, expiration, () => 0);
  };
  expect(claims(10_999)).toEqual([]);
  expect(claims(11_000)).toEqual(['0']);
});

it('takes from the one that has most, and only what makes the shares equal', () => {
  const owned = (owner: string, ...partitions: string[]) =>
    partitions.map((partition) => ({ partition, owner, etag: '', modified: 0 }));
  const partitions = ['0', '1', '2', '3', '4', '5'];
  const held = [...owned('rich', '0', '1', '2', '3'), ...owned('poor', '4', '5')];
  const taken = partitionsToClaim(partitions, held, 'me', 0, expiration, () => 0);
  expect(taken).toHaveLength(2);
  expect(['0', '1', '2', '3']).toEqual(expect.arrayContaining(taken));
});
