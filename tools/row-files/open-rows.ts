import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream';
import { pipeline as finished } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { DatasetOrigin } from '../../shared/registry/rows.ts';
import { delimiterFor, openCsvTable } from '../../shared/training/csv-table.ts';
import type { ModelDefinition } from '../../shared/features/definition.ts';
import type { Table } from '../../shared/training/table.ts';
import { download } from './download.ts';
import { openJsonLinesTable } from './json-lines-table.ts';
import { openParquetTable } from './parquet-table.ts';
import { extractMember } from './zip-member.ts';

/** Where rows come from: a file, or an `https://` address with the file's hash; of a zip, one member. */
export interface RowSource {
  readonly file: string;
  readonly sha256?: string;
  readonly member?: string;
}

/** What is known of a file's columns before it is read: their names tell a CSV file's delimiter. */
export type KnownColumns = Pick<ModelDefinition, 'columns' | 'defaultFile'>;

/** Told what is being done, and how much of it (in bytes). */
export type OnProgress = (stage: string, done: number, total: number) => void;

export interface OpenRows {
  readonly table: Table;
  readonly origin: DatasetOrigin;
}

const ROWS = /\.(csv|jsonl|parquet)(\.gz)?$/i;

/** What is wrong with how a source is named, whatever is in it; undefined where nothing is. */
export function sourceFault({ file, sha256, member }: RowSource): string | undefined {
  const name = nameOf(file);
  if (/^[a-z]+:\/\//i.test(file) && !file.startsWith('https://')) return `${file} is not an https:// address`;
  if (file.startsWith('https://') && sha256 === undefined)
    return `${file} needs --sha256: what a server gives may change`;
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) return '--sha256 takes 64 hexadecimal digits';
  if (/\.zip$/i.test(name)) {
    return member === undefined || ROWS.test(member)
      ? undefined
      : `'${member}' is not .csv, .jsonl or .parquet`;
  }
  if (member !== undefined) return `--member is for a zip, which ${name} is not`;
  return ROWS.test(name) ? undefined : `${name} is not .csv, .jsonl or .parquet (each also .gz), nor a zip`;
}

/**
 * Opens a source for as long as `use` takes; what was downloaded or taken out of a zip for it is then removed.
 * @throws Error where there is no such file, or it is another one than `sha256` says
 */
export async function withRows<T>(
  source: RowSource,
  definition: KnownColumns,
  onProgress: OnProgress,
  use: (rows: OpenRows) => Promise<T>,
): Promise<T> {
  const fault = sourceFault(source);
  if (fault !== undefined) throw new Error(fault);
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-rows-'));
  try {
    const name = nameOf(source.file);
    const path = await localPath(source, folder, name, onProgress);
    const { hash, bytes } = await hashOf(path, onProgress);
    if (source.sha256 !== undefined && source.sha256.toLowerCase() !== hash)
      throw new Error(`${source.file} has SHA-256 ${hash}, not ${source.sha256}: it is another file`);
    const isZip = /\.zip$/i.test(name);
    const rowsPath = isZip
      ? await extractMember(path, source.member, folder, (entry) => ROWS.test(entry))
      : path;
    const table = await openTable(rowsPath, definition, folder, onProgress);
    const origin = {
      file: name,
      format: table.format,
      sha256: hash,
      bytes,
      ...(source.file.startsWith('https://') ? { url: source.file } : {}),
      ...(isZip ? { member: source.member ?? basename(rowsPath) } : {}),
    };
    return await use({ table, origin });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function nameOf(file: string): string {
  return basename(file.startsWith('https://') ? decodeURIComponent(new URL(file).pathname) : file);
}

async function localPath(
  { file, sha256 }: RowSource,
  folder: string,
  name: string,
  onProgress: OnProgress,
): Promise<string> {
  if (!file.startsWith('https://') || sha256 === undefined) return file;
  const path = join(folder, `download-${name}`);
  await download(file, sha256.toLowerCase(), path, (done, total) => onProgress('downloading', done, total));
  return path;
}

async function hashOf(path: string, onProgress: OnProgress): Promise<{ hash: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of piecesOf(path, false, 'hashing', onProgress)) {
    hash.update(piece);
    bytes += piece.byteLength;
  }
  return { hash: hash.digest('hex'), bytes };
}

async function openTable(
  path: string,
  definition: KnownColumns,
  folder: string,
  onProgress: OnProgress,
): Promise<Table> {
  const [, format = '', gz] = ROWS.exec(path) ?? [];
  const zipped = gz !== undefined;
  switch (format.toLowerCase()) {
    case 'csv':
      return openCsvTable(
        piecesOf(path, zipped, 'reading', onProgress),
        delimiterFor(
          new Set(definition.columns.map(({ name }) => name)),
          definition.defaultFile?.delimiter ?? ',',
        ),
      );
    case 'jsonl':
      return openJsonLinesTable((stage) => piecesOf(path, zipped, stage, onProgress));
    case 'parquet':
      return openParquetTable(zipped ? await unzipped(path, folder) : path, onProgress);
    default:
      throw new Error(`${basename(path)} is not .csv, .jsonl or .parquet`);
  }
}

async function unzipped(path: string, folder: string): Promise<string> {
  const plain = join(folder, 'rows.parquet');
  await finished(createReadStream(path), createGunzip(), createWriteStream(plain));
  return plain;
}

/** A file's bytes, gunzipped where it is a .gz. Progress is in bytes of the file itself. */
async function* piecesOf(
  path: string,
  gz: boolean,
  stage: string,
  onProgress: OnProgress,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { size } = await stat(path);
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  // Whoever reads the gunzipped bytes gets the error of either.
  const bytes: AsyncIterable<Buffer> = gz ? pipeline(file, createGunzip(), () => undefined) : file;
  for await (const piece of bytes) {
    yield piece;
    onProgress(stage, file.bytesRead, size);
  }
}
