import { createWriteStream } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { messageOf } from '../../shared/failure.ts';

/** How many names a message lists. */
const SHOWN = 20;

/**
 * Takes one member out of a zip. A member of a zip inside the zip is named by both: `inner.zip/rows.csv`.
 * @param member undefined takes the only one that `wanted` accepts
 * @returns the path of the member, which lies in `folder` under its own name
 * @throws Error where there is no such member, or it is damaged
 */
export async function extractMember(
  zipPath: string,
  member: string | undefined,
  folder: string,
  wanted: (name: string) => boolean,
): Promise<string> {
  const zip = await openPromise(zipPath, { autoClose: false });
  try {
    const entries: Entry[] = [];
    for await (const entry of zip.eachEntry()) if (!entry.fileName.endsWith('/')) entries.push(entry);
    const entry = chosen(entries, member, wanted, basename(zipPath));
    const path = join(folder, basename(entry.fileName));
    await extract(zip, entry, path);
    if (member === undefined || entry.fileName === member) return path;
    return await extractMember(path, member.slice(entry.fileName.length + 1), folder, wanted);
  } finally {
    zip.close();
  }
}

function chosen(
  entries: readonly Entry[],
  member: string | undefined,
  wanted: (name: string) => boolean,
  zip: string,
): Entry {
  const names = entries.map(({ fileName }) => fileName);
  const listed = names.slice(0, SHOWN).join(', ') + (names.length > SHOWN ? ', …' : '');
  if (member === undefined) {
    const [only, ...more] = entries.filter(({ fileName }) => wanted(fileName));
    if (only !== undefined && more.length === 0) return only;
    throw new Error(`${zip} holds ${listed}: name one with --member`);
  }
  const entry = entries.find(
    ({ fileName }) => fileName === member || (fileName.endsWith('.zip') && member.startsWith(`${fileName}/`)),
  );
  if (entry === undefined) throw new Error(`${zip} has no member '${member}'; it holds ${listed}`);
  return entry;
}

/** @throws Error where what comes out is not what the zip says that it holds */
async function extract(zip: ZipFile, entry: Entry, path: string): Promise<void> {
  let checksum = 0;
  const damaged = `The zip's member '${entry.fileName}' is damaged`;
  const stream = await zip.openReadStreamPromise(entry);
  try {
    await pipeline(
      stream,
      async function* (pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          checksum = crc32(piece, checksum);
          yield piece;
        }
      },
      createWriteStream(path, { flags: 'wx' }),
    );
  } catch (error) {
    throw new Error(`${damaged}, or there is no room for it: ${messageOf(error)}`, { cause: error });
  }
  if (checksum !== entry.crc32) throw new Error(damaged);
}
