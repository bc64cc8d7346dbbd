import { createHash } from 'node:crypto';
import { filePath } from '../../shared/registry/model-folder.ts';
import {
  type DatasetRow,
  datasetRowSchema,
  type FileEntry,
  type VersionRow,
  versionRowSchema,
} from '../../shared/registry/rows.ts';
import { datasetPath } from '../../shared/training/dataset-store.ts';
import type { Copies } from './read-copies.ts';
import type { RegistryRecord } from './records.ts';
import type { ContainerName, RecoverStores } from './stores.ts';

/** What was found of the files that a record names. */
export interface FilesFound {
  readonly files: number;
  readonly bytes: number;
  /** Files that are missing, or not the ones that were registered. */
  readonly problems: readonly string[];
}

const NO_FILES: FilesFound = { files: 0, bytes: 0, problems: [] };

/** Checks the size and the SHA-256 of every file that a version or a data set names. @throws Failure `unavailable` */
export async function verifyFiles(
  stores: RecoverStores,
  sizes: Copies['sizes'],
  { kind, row }: RegistryRecord,
): Promise<FilesFound> {
  if (kind === 'version') return versionFiles(stores, sizes, versionRowSchema.parse(row));
  if (kind === 'dataset') return datasetFile(stores, sizes, datasetRowSchema.parse(row));
  return NO_FILES;
}

async function versionFiles(
  stores: RecoverStores,
  sizes: Copies['sizes'],
  { model, version, files }: VersionRow,
): Promise<FilesFound> {
  let found = NO_FILES;
  for (const file of files) {
    // In sequence: hashing takes this thread anyway
    const one = await verify(stores, sizes, 'models', filePath(model, version, file.name), file);
    found = sum(found, one);
  }
  return found;
}

async function datasetFile(
  stores: RecoverStores,
  sizes: Copies['sizes'],
  { model, version, file }: DatasetRow,
): Promise<FilesFound> {
  return verify(stores, sizes, 'datasets', datasetPath(model, version, file.name), file);
}

async function verify(
  { containers }: RecoverStores,
  sizes: Copies['sizes'],
  container: ContainerName,
  path: string,
  { sha256, bytes }: FileEntry,
): Promise<FilesFound> {
  const size = sizes[container].get(path);
  const wrong = (problem: string) => ({ files: 1, bytes: 0, problems: [`${container}/${path} ${problem}`] });
  if (size === undefined) return wrong('is missing');
  if (size !== bytes) return wrong(`has ${size} bytes, the registry says ${bytes}`);
  const hash = createHash('sha256');
  for await (const piece of containers[container].pieces.read(path)) hash.update(piece);
  const found = hash.digest('hex');
  return found === sha256
    ? { files: 1, bytes, problems: [] }
    : wrong(`has SHA-256 ${found}, the registry says ${sha256}`);
}

function sum(one: FilesFound, other: FilesFound): FilesFound {
  return {
    files: one.files + other.files,
    bytes: one.bytes + other.bytes,
    problems: [...one.problems, ...other.problems],
  };
}
