import { z } from 'zod';

/** The one list in a document that grows with every write: the blocks of an append blob, up to 50,000. */
const BLOCKS = 'committedBlocksInOrder';

const document = z.looseObject({ $loki: z.number(), [BLOCKS]: z.array(z.unknown()).optional() });

export type LokiDocument = z.infer<typeof document>;

/**
 * What happened to a LokiJS database. `put` has the whole document. `grow` has a document whose blocks have only
 * become more: the document without them, and the blocks from number `from` on (to write down all blocks for every
 * append would be quadratic).
 */
const change = z.discriminatedUnion('is', [
  z.object({ is: z.literal('put'), in: z.string(), document }),
  z.object({
    is: z.literal('grow'),
    in: z.string(),
    document,
    from: z.number(),
    blocks: z.array(z.unknown()),
  }),
  z.object({ is: z.literal('remove'), in: z.string(), id: z.number() }),
  z.object({
    is: z.literal('create'),
    in: z.string(),
    indices: z.array(z.string()),
    unique: z.array(z.string()),
  }),
  z.object({ is: z.literal('drop'), in: z.string() }),
]);

export type LokiChange = z.infer<typeof change>;

/** The serialized form of a LokiJS 1.5 database, as far as it is read here. */
const snapshot = z.looseObject({
  collections: z.array(
    z.looseObject({ name: z.string(), data: z.array(document), maxId: z.number().default(0) }),
  ),
});

export type LokiSnapshot = z.infer<typeof snapshot>;

/** Describes an update by what it added, as far as the list of blocks goes. */
export class ChangeDescriber {
  readonly #described = new Map<string, { readonly list: unknown[]; readonly length: number }>();

  /** @param stored the database's own object, right after it was inserted or updated */
  put(collection: string, stored: LokiDocument): LokiChange {
    const blocks = stored[BLOCKS];
    if (blocks === undefined) return { is: 'put', in: collection, document: stored };
    const key = `${collection}/${String(stored.$loki)}`;
    const before = this.#described.get(key);
    this.#described.set(key, { list: blocks, length: blocks.length });
    // Another list, or a shorter one, is another content and not more of the same.
    if (before?.list !== blocks || blocks.length < before.length) {
      return { is: 'put', in: collection, document: stored };
    }
    const { [BLOCKS]: _, ...rest } = stored;
    return {
      is: 'grow',
      in: collection,
      document: rest,
      from: before.length,
      blocks: blocks.slice(before.length),
    };
  }

  remove(collection: string, stored: LokiDocument): LokiChange {
    this.#described.delete(`${collection}/${String(stored.$loki)}`);
    return { is: 'remove', in: collection, id: stored.$loki };
  }
}

/**
 * Brings a snapshot up to date. Applying changes that the snapshot already has does no harm, as long as every change
 * after them is applied too: a crash between the writing of a snapshot and the removal of its journal leaves that.
 * @param serialized the parsed snapshot
 * @param changes parsed lines of the journal, oldest first
 * @returns a database for LokiJS to load; its sorted indices are stale and have to be built anew
 * @throws Error where the changes do not belong to the snapshot
 */
export function applyChanges(serialized: unknown, changes: readonly unknown[]): LokiSnapshot {
  const database = snapshot.parse(serialized);
  const collections = new Map(
    database.collections.map((one) => [
      one.name,
      { ...one, rows: new Map(one.data.map((row) => [row.$loki, row])) },
    ]),
  );
  /** Documents of which the journal has a continuation and nobody the beginning. */
  const headless = new Set<string>();
  const rowsOf = (name: string): Map<number, LokiDocument> => {
    const found = collections.get(name);
    if (found === undefined) throw new Error(`the journal names the unknown collection ${name}`);
    return found.rows;
  };
  for (const each of changes) {
    const next = change.parse(each);
    switch (next.is) {
      case 'put':
        rowsOf(next.in).set(next.document.$loki, next.document);
        headless.delete(`${next.in}/${String(next.document.$loki)}`);
        break;
      case 'grow': {
        const id = next.document.$loki;
        const blocks = rowsOf(next.in).get(id)?.[BLOCKS] ?? [];
        if (blocks.length < next.from) headless.add(`${next.in}/${String(id)}`);
        blocks.splice(next.from, Infinity, ...next.blocks);
        rowsOf(next.in).set(id, { ...next.document, [BLOCKS]: blocks });
        break;
      }
      case 'remove':
        rowsOf(next.in).delete(next.id);
        headless.delete(`${next.in}/${String(next.id)}`);
        break;
      case 'create':
        collections.set(next.in, { ...emptyCollection(next.in, next.indices, next.unique), rows: new Map() });
        break;
      case 'drop':
        collections.delete(next.in);
        break;
    }
  }
  if (headless.size > 0)
    throw new Error(`the journal continues what is not there: ${[...headless].join(', ')}`);
  return {
    ...database,
    collections: [...collections.values()].map(({ rows, ...rest }) => {
      // LokiJS finds a document by bisection over its number.
      const data = [...rows.values()].toSorted((a, b) => a.$loki - b.$loki);
      return { ...rest, data, maxId: Math.max(rest.maxId, data.at(-1)?.$loki ?? 0) };
    }),
  };
}

/** What LokiJS writes for a new collection. */
function emptyCollection(name: string, indices: readonly string[], unique: readonly string[]) {
  return {
    name,
    data: [] as LokiDocument[],
    maxId: 0,
    uniqueNames: unique,
    binaryIndices: Object.fromEntries(
      indices.map((index) => [index, { name: index, dirty: true, values: [] }]),
    ),
    adaptiveBinaryIndices: true,
    cloneObjects: false,
    disableMeta: false,
    disableChangesApi: true,
    disableDeltaChangesApi: true,
    disableFreeze: true,
  };
}
