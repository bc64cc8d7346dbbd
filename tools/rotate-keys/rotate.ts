import type { FunctionKeys, NamedKeys } from './management.ts';

/** What is asked of keys: tests answer in place of Azure. */
export type KeyStore = Pick<FunctionKeys, 'list' | 'set' | 'remove'>;

/** A key that was made by a rotation; the later one sorts behind the earlier. */
const ROTATED = /^rotated-\d{8}t\d{6}z$/;

export interface AddedKey {
  readonly name: string;
  readonly value: string;
  /** Whether an earlier call had made it, and this one only completed it. */
  readonly existing: boolean;
}

/**
 * Gives functions a second key, the same for all of them; the keys that they have stay valid. Done again before the
 * rotation has ended, it completes what is missing and gives the same key.
 * @param made the key to add where no rotation is under way
 */
export async function addKey(
  store: KeyStore,
  functions: readonly string[],
  made: { readonly value: string; readonly at: Date },
): Promise<AddedKey> {
  const known = await listAll(store, functions);
  const name = pendingName(known);
  const value = [...known.values()]
    .map((keys) => (name === undefined ? undefined : keys[name]))
    .find(Boolean);
  const added =
    name === undefined || value === undefined
      ? { name: nameOf(made.at), value: made.value, existing: false }
      : { name, value, existing: true };
  for (const [functionName, keys] of known) {
    // In sequence: where one fails, a second call goes on from there
    if (keys[added.name] !== added.value) await store.set(functionName, added.name, added.value);
  }
  return added;
}

/**
 * Ends a rotation: every key but the newest that a rotation has made is deleted. Nothing is, unless each of the functions
 * has that one.
 * @returns the keys that were deleted, by function
 * @throws Error where no rotation is under way, or a function lacks its key
 */
export async function removeOldKeys(
  store: KeyStore,
  functions: readonly string[],
): Promise<Record<string, string[]>> {
  const known = await listAll(store, functions);
  const kept = newestName([...known.values()]);
  if (kept === undefined) throw new Error('No rotation is under way: give the functions a second key first');
  const without = [...known].filter(([, keys]) => keys[kept] === undefined).map(([name]) => name);
  if (without.length > 0)
    throw new Error(`${without.join(', ')} lack the key '${kept}': add it first, and nothing was deleted`);
  const removed: Record<string, string[]> = {};
  for (const [functionName, keys] of known) {
    const old = Object.keys(keys).filter((name) => name !== kept);
    // In sequence, as above
    for (const name of old) await store.remove(functionName, name);
    removed[functionName] = old;
  }
  return removed;
}

async function listAll(
  store: KeyStore,
  functions: readonly string[],
): Promise<ReadonlyMap<string, NamedKeys>> {
  const found = new Map<string, NamedKeys>();
  // In sequence: few, and Azure counts the calls of a minute
  for (const name of functions) found.set(name, await store.list(name));
  return found;
}

/** The key of a rotation that has not ended: a function has another key beside it, or lacks it. */
function pendingName(known: ReadonlyMap<string, NamedKeys>): string | undefined {
  const all = [...known.values()];
  const newest = newestName(all);
  if (newest === undefined) return undefined;
  const isPending = all.some((keys) => keys[newest] === undefined || Object.keys(keys).length > 1);
  return isPending ? newest : undefined;
}

function newestName(all: readonly NamedKeys[]): string | undefined {
  return all
    .flatMap((keys) => Object.keys(keys))
    .filter((name) => ROTATED.test(name))
    .toSorted()
    .at(-1);
}

function nameOf(at: Date): string {
  return `rotated-${at
    .toISOString()
    .replace(/\.\d+Z$/, 'z')
    .replaceAll(/[-:]/g, '')
    .toLowerCase()}`;
}
