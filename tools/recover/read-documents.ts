import { z } from 'zod';
import type { Documents } from '../../shared/registry/ports.ts';
import { keyOf } from './read-copies.ts';
import { type RecordKind, recordOf, type RegistryRecord } from './records.ts';

/** What Cosmos has of the registry, as far as it can have copies. */
export interface RegistryDocuments {
  /** By `keyOf`. */
  readonly records: ReadonlyMap<string, RegistryRecord | 'unreadable'>;
}

const PAGE = 200;
/** What is listed by number; a promotion's pages follow from it, and a registration from its version. */
const LISTED = ['dataset', 'version', 'promotion', 'drift-report'] as const satisfies RecordKind[];

const numberedSchema = z.looseObject({ number: z.number() });

/**
 * Reads every document that has, or should have, a copy.
 * @param known records that have a copy: their documents are read too, also of models that Cosmos has forgotten
 * @throws Failure `unavailable`
 */
export async function readDocuments(
  documents: Documents,
  known: readonly RegistryRecord[],
): Promise<RegistryDocuments> {
  const records = new Map<string, RegistryRecord | 'unreadable'>();
  const models = new Set(known.map(({ model }) => model));
  for (const model of await modelNames(documents)) models.add(model);
  for (const model of models) {
    for (const kind of LISTED) {
      // In sequence: as with all of a recovery, Cosmos is busy enough without it
      for await (const value of listed(documents, model, kind)) {
        const record = parsed(kind, value);
        const id = record === 'unreadable' ? idOf(value) : record.id;
        records.set(keyOf({ model, id }), record);
      }
    }
  }
  for (const record of [...known, ...[...records.values()].flatMap(pagesOf)]) {
    const key = keyOf(record);
    if (records.has(key)) continue;
    const found = await readDocument(documents, record);
    if (found !== undefined) records.set(key, found.record);
  }
  await addTraffic(documents, models, records);
  return { records };
}

/** A document as it is now, with the ETag that a compare-and-swap needs. */
export async function readDocument(
  documents: Documents,
  { model, id, kind }: Pick<RegistryRecord, 'model' | 'id' | 'kind'>,
): Promise<{ readonly record: RegistryRecord | 'unreadable'; readonly etag: string } | undefined> {
  const stored = await documents.read(model, id);
  return stored && { record: parsed(kind, stored.value), etag: stored.etag };
}

function parsed(kind: RecordKind, value: unknown): RegistryRecord | 'unreadable' {
  try {
    return recordOf(kind, value);
  } catch (error) {
    if (error instanceof z.ZodError) return 'unreadable';
    throw error;
  }
}

async function addTraffic(
  documents: Documents,
  models: Iterable<string>,
  records: Map<string, RegistryRecord | 'unreadable'>,
): Promise<void> {
  for (const model of models) {
    const place = { model, id: 'traffic', kind: 'traffic' } as const;
    if (records.has(keyOf(place))) continue;
    const found = await readDocument(documents, place);
    if (found !== undefined) records.set(keyOf(place), found.record);
  }
}

async function modelNames(documents: Documents): Promise<string[]> {
  const names: string[] = [];
  for (let after: string | undefined; ;) {
    // In sequence: a page says where the next one starts
    const page = await documents.acrossModels('traffic', PAGE, after);
    names.push(...page.map(({ value }) => z.looseObject({ model: z.string() }).parse(value).model));
    if (page.length < PAGE) return names;
    after = names.at(-1);
  }
}

function idOf(value: unknown): string {
  return z.looseObject({ id: z.string() }).parse(value).id;
}

async function* listed(documents: Documents, model: string, kind: RecordKind): AsyncGenerator {
  for (let before: number | undefined; ;) {
    // In sequence: a page says where the next one starts
    const page = await documents.listDescending(model, kind, PAGE, before);
    yield* page;
    if (page.length < PAGE) return;
    before = numberedSchema.parse(page.at(-1)).number;
  }
}

/** The records of a promotion's pages, as far as they are named: what they hold is read. */
function pagesOf(record: RegistryRecord | 'unreadable'): RegistryRecord[] {
  if (record === 'unreadable' || record.kind !== 'promotion') return [];
  const { pages, promotionId } = z.object({ pages: z.int(), promotionId: z.string() }).parse(record.row);
  return Array.from({ length: pages }, (_, page) => ({
    ...record,
    kind: 'promotion-evaluations' as const,
    id: `promotion:${promotionId}:${page}`,
  }));
}
