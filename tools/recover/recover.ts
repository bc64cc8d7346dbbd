import { changeTraffic } from '../../shared/registry/change-traffic.ts';
import { copyBytes } from '../../shared/registry/row-copies.ts';
import { trafficRowSchema } from '../../shared/registry/rows.ts';
import { type Copies, keyOf, readCopies } from './read-copies.ts';
import { readDocument, readDocuments, type RegistryDocuments } from './read-documents.ts';
import { copyOf, RECORD_KINDS, type RegistryRecord, type Standing, standingOf } from './records.ts';
import type { RecoverStores } from './stores.ts';
import { verifyFiles } from './verify-files.ts';

export interface RecoverOptions {
  /** Whether anything is written. */
  readonly rebuild: boolean;
  /** Whether the copy counts also where the document is the later one, or neither is. */
  readonly force: boolean;
}

/** What was done about a difference, or why nothing was. */
export type Outcome = 'document written' | 'copy written' | 'not written' | 'left as it is';

export interface Difference {
  readonly model: string;
  /** The document's id in Cosmos. */
  readonly record: string;
  readonly standing: Exclude<Standing, 'same'>;
  readonly outcome: Outcome;
}

export interface Recovery {
  /** Whether Cosmos and Blob have the same now, and every file is the one that was registered. */
  readonly agrees: boolean;
  readonly models: readonly string[];
  /** Documents that have, or should have, a copy. */
  readonly records: number;
  readonly differences: readonly Difference[];
  readonly problems: readonly string[];
  /** What is no fault of the registry, and worth knowing. */
  readonly notes: readonly string[];
  /** Files of versions and data sets whose SHA-256 is the registered one. */
  readonly filesVerified: number;
  readonly bytesVerified: number;
}

/**
 * Holds the registry in Cosmos against its copies in Blob, and where that is asked for makes each what the later one
 * says. Every file that a version or a data set names is read and hashed first; a record whose files are not what they
 * were is not put back. Writes are by compare-and-swap, so this may run beside the app, and again.
 * @throws Failure `unavailable`, where doing it again is safe
 */
export async function recover(stores: RecoverStores, options: RecoverOptions): Promise<Recovery> {
  const copies = await readCopies(stores);
  const documents = await readDocuments(stores.documents, [...copies.records.values()]);
  const problems = [...copies.problems];
  const broken = new Set<string>();
  let [filesVerified, bytesVerified] = [0, 0];
  const keys = keysInOrder(copies, documents);
  for (const key of keys) {
    const record = copies.records.get(key) ?? documents.records.get(key);
    if (record === undefined) continue;
    if (record === 'unreadable') {
      problems.push(`${key} is in no form that this release knows, and has no copy`);
      broken.add(key);
      continue;
    }
    // In sequence: hashing takes this thread anyway
    const found = await verifyFiles(stores, copies.sizes, record);
    if (found.problems.length > 0) broken.add(key);
    problems.push(...found.problems);
    filesVerified += found.files - found.problems.length;
    bytesVerified += found.bytes;
  }
  const differences: Difference[] = [];
  const notes = notesOf(copies, documents);
  for (const key of keys) {
    const [copy, document] = [copies.records.get(key), documents.records.get(key)];
    const standing = standingOf(copy, document);
    const record = copy ?? document;
    if (standing === 'same' || record === undefined || record === 'unreadable') continue;
    if (standing === 'uncopied' && record.copy === undefined) continue;
    if (standing === 'uncopied' && record.kind === 'drift-report') {
      notes.push(`The drift report ${record.copy?.path} was deleted; its document lists it still`);
      continue;
    }
    const fault = whyNot(record, broken, { copies, documents });
    if (fault !== undefined) problems.push(fault);
    const isAllowed = options.rebuild && fault === undefined;
    // In sequence: a record comes after those that it names
    const outcome = isAllowed ? await mend(stores, record, copy, options.force) : 'not written';
    if (!isSettled(outcome)) broken.add(key);
    differences.push({ model: record.model, record: record.id, standing, outcome });
  }
  return {
    agrees: problems.length === 0 && differences.every(({ outcome }) => isSettled(outcome)),
    models: [...new Set(keys.map((key) => key.slice(0, key.indexOf('/'))))].toSorted(),
    records: keys.length,
    differences,
    problems,
    notes,
    filesVerified,
    bytesVerified,
  };
}

function isSettled(outcome: Outcome): boolean {
  return outcome === 'document written' || outcome === 'copy written';
}

type Both = { readonly copies: Copies; readonly documents: RegistryDocuments };

/** Every document's key, in the order in which documents are rebuilt. */
function keysInOrder(copies: Copies, documents: RegistryDocuments): string[] {
  const kindOf = (key: string) => {
    const document = documents.records.get(key);
    const record = copies.records.get(key) ?? (document === 'unreadable' ? undefined : document);
    return record === undefined ? -1 : RECORD_KINDS.indexOf(record.kind);
  };
  const all = [...new Set([...copies.records.keys(), ...documents.records.keys()])];
  return all.toSorted(
    (one, other) => kindOf(one) - kindOf(other) || one.localeCompare(other, 'en', { numeric: true }),
  );
}

/** Why a record cannot be put back, besides what was said of it already; undefined where it can. */
function whyNot(record: RegistryRecord, broken: ReadonlySet<string>, both: Both): string | undefined {
  if (broken.has(keyOf(record))) return `${keyOf(record)} cannot be put back without its files`;
  if (record.kind !== 'traffic') return undefined;
  const { champion } = trafficRowSchema.parse(record.row);
  const key = keyOf({ model: record.model, id: `version:${champion.version}` });
  const isThere = both.copies.records.has(key) || both.documents.records.has(key);
  if (isThere && !broken.has(key)) return undefined;
  return `The traffic of '${record.model}' cannot be put back without its champion, version ${champion.version}`;
}

/** Brings a document and its copy together, from what the document is now. */
async function mend(
  stores: RecoverStores,
  record: RegistryRecord,
  copy: RegistryRecord | undefined,
  force: boolean,
): Promise<Outcome> {
  const { documents, containers } = stores;
  const { model, id } = record;
  const now = await readDocument(documents, record);
  const standing = standingOf(copy, now?.record);
  if (standing === 'same') return 'document written';
  if (copy !== undefined && now === undefined) {
    const created = await documents.create(model, id, copy.row);
    return created === undefined ? 'left as it is' : 'document written';
  }
  if (copy !== undefined && now !== undefined && (standing === 'behind' || force)) {
    const replaced = await documents.replace(model, id, copy.row, now.etag);
    return replaced === undefined ? 'left as it is' : 'document written';
  }
  const later = now?.record;
  if (later === undefined || later === 'unreadable' || later.copy === undefined) return 'left as it is';
  if (standing === 'different' || later.kind === 'drift-report') return 'left as it is';
  const { container, path } = later.copy;
  const { blobs } = containers[container];
  if (later.kind === 'traffic') {
    // A claim that is renewed meanwhile has written a later copy.
    await changeTraffic({ documents, models: blobs }, model, () => ({ kind: 'unchanged' }));
  } else await blobs.write(path, copyBytes(copyOf(later)));
  return 'copy written';
}

/** Folders that no record names, and data sets that a version names and that are not there. */
function notesOf({ records, sizes }: Copies, documents: RegistryDocuments): string[] {
  const has = (model: string, id: string) => {
    const key = keyOf({ model, id });
    return records.has(key) || documents.records.has(key);
  };
  const notes: string[] = [];
  for (const path of sizes.models.keys()) {
    const [, model, version] = /^([^/]+)\/(\d+)\/contract\.json$/.exec(path) ?? [];
    if (model === undefined || version === undefined || has(model, `version:${version}`)) continue;
    notes.push(`models/${model}/${version} is no version: its registration was cut off`);
  }
  for (const path of sizes.datasets.keys()) {
    const [, model, version] = /^([^/]+)\/(\d+)\/rows\.csv$/.exec(path) ?? [];
    if (model === undefined || version === undefined || has(model, `dataset:${version}`)) continue;
    notes.push(`datasets/${model}/${version} is no data set version: its upload was cut off`);
  }
  for (const { kind, model, row } of records.values()) {
    const dataset = kind === 'version' && 'datasetVersion' in row ? String(row.datasetVersion) : undefined;
    if (dataset === undefined || !/^\d+$/.test(dataset) || has(model, `dataset:${dataset}`)) continue;
    const version = 'version' in row ? String(row.version) : '';
    notes.push(
      `Data set version ${dataset} of '${model}', which version ${version} was made of, is not here`,
    );
  }
  return notes;
}
