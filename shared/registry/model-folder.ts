import { z } from 'zod';
import { type Contract, parseContract } from '../features/contract.ts';
import { sha256 } from '../onnx/verify-model.ts';
import { messageOf } from '../failure.ts';
import type { Blobs } from './ports.ts';
import type { FileEntry, VersionRow } from './rows.ts';

/** A version's folder is not what the registry says it is: it must not serve. Terminal: reading again gives the same. */
export class ModelRefused extends Error {
  override readonly name = 'ModelRefused';
}

/** `samples.json`: rows as a caller sends them, with the scores that the version gave when it was made. */
export const samplesSchema = z
  .array(z.object({ row: z.record(z.string(), z.unknown()), score: z.number() }))
  .min(1);
export type Samples = z.infer<typeof samplesSchema>;

/** What a worker needs of a version's folder in order to serve it. */
export interface ModelFiles {
  readonly onnx: Uint8Array;
  readonly contract: Contract;
  readonly samples: Samples;
}

/** The path of a version's file in the `models` container. */
export function filePath(model: string, version: string, name: string): string {
  return `${model}/${version}/${name}`;
}

/**
 * Uploads a version's files, each once. The first, `contract.json`, claims the version number.
 * @returns what the registry row records of the files, or undefined where the number is taken
 */
export async function writeModelFolder(
  blobs: Blobs,
  model: string,
  version: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<FileEntry[] | undefined> {
  const claim = 'contract.json';
  const names = [claim, ...[...files.keys()].filter((name) => name !== claim)];
  const entries: FileEntry[] = [];
  for (const name of names) {
    const bytes = files.get(name);
    if (bytes === undefined) throw new Error(`A model folder needs ${name}`);
    if (!(await blobs.create(filePath(model, version, name), bytes))) {
      if (name === claim) return undefined;
      throw new Error(
        `${filePath(model, version, name)} exists already: something else writes into this folder`,
      );
    }
    entries.push({ name, sha256: sha256(bytes), bytes: bytes.byteLength });
  }
  return entries;
}

/**
 * Reads one file of a version and checks it against the registry.
 * @throws ModelRefused where it is missing or not the file that was registered
 */
export async function readVerified(blobs: Blobs, row: VersionRow, name: string): Promise<Uint8Array> {
  const path = filePath(row.model, row.version, name);
  const entry = row.files.find((file) => file.name === name);
  if (entry === undefined) throw new ModelRefused(`${path} is not in the registry`);
  const bytes = await blobs.read(path);
  if (bytes === undefined) throw new ModelRefused(`${path} is missing`);
  const found = sha256(bytes);
  if (found !== entry.sha256)
    throw new ModelRefused(`${path} has SHA-256 ${found}, the registry says ${entry.sha256}`);
  return bytes;
}

/** Reads and checks all that serving needs, in parallel. @throws ModelRefused as `readVerified` does */
export async function readModelFiles(blobs: Blobs, row: VersionRow): Promise<ModelFiles> {
  const [onnx, contract, samples] = await Promise.all([
    readVerified(blobs, row, 'model.onnx'),
    readVerified(blobs, row, 'contract.json').then((bytes) => parse(bytes, 'contract.json', parseContract)),
    readVerified(blobs, row, 'samples.json').then((bytes) => parse(bytes, 'samples.json', parseSamples)),
  ]);
  return { onnx, contract, samples };
}

function parseSamples(value: unknown): Samples {
  return samplesSchema.parse(value);
}

function parse<T>(bytes: Uint8Array, name: string, parser: (value: unknown) => T): T {
  try {
    return parser(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (error) {
    throw new ModelRefused(`${name} is not usable: ${messageOf(error)}`, { cause: error });
  }
}
