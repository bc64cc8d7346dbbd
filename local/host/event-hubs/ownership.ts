/** Who reads a partition, as its ownership blob says. */
export interface Ownership {
  readonly partition: string;
  /** Empty when its owner has given it up. */
  readonly owner: string;
  readonly etag: string;
  /** When the owner last claimed it, in milliseconds since 1970. */
  readonly modified: number;
}

/**
 * The partitions that an owner should claim so that all owners have the same number of them, give or take one. Free
 * ones come first; a fair share that is still missing is taken from whoever has the most. Each owner decides for
 * itself, so two may want the same partition: the claim itself tells who gets it.
 * @param me the owner that asks; it need not own anything yet
 * @param now milliseconds since 1970
 * @param expiration of a claim that is not renewed, in milliseconds
 * @param random 0 to 1, so that owners that start together try different partitions
 */
export function partitionsToClaim(
  partitions: readonly string[],
  ownerships: readonly Ownership[],
  me: string,
  now: number,
  expiration: number,
  random: () => number,
): string[] {
  const owned = new Map<string, string[]>([[me, []]]);
  const free = new Set(partitions);
  for (const { partition, owner, modified } of ownerships) {
    if (owner === '' || now - modified >= expiration || !free.delete(partition)) continue;
    const list = owned.get(owner);
    if (list === undefined) owned.set(owner, [partition]);
    else list.push(partition);
  }
  const mine = owned.get(me)?.length ?? 0;
  owned.delete(me);
  const others = [...owned.values()];

  const fair = Math.floor(partitions.length / (others.length + 1));
  const extras = partitions.length % (others.length + 1);
  const extrasTaken = others.filter((list) => list.length > fair).length;
  const share = extrasTaken < extras ? fair + 1 : fair;
  const claims = shuffle([...free], random).slice(0, Math.max(0, share - mine));

  for (;;) {
    const richest = others.reduce<string[]>((most, list) => (list.length > most.length ? list : most), []);
    if (richest.length < mine + claims.length + 2) return claims;
    claims.push(...richest.splice(Math.floor(random() * richest.length), 1));
  }
}

function shuffle(items: string[], random: () => number): string[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
