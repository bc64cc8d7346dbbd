import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** A zip's dates are without a zone: this is its earliest one, wherever it is made. */
const MADE = new Date(1980, 0, 1);
const PLAIN_FILE = 0o100644;
const LEVEL = 9;

/**
 * A zip of files by their paths. The same files make the same bytes: entries lie in order of their paths, with one date,
 * one mode and one level of compression.
 */
export async function zipped(files: ReadonlyMap<string, Uint8Array>): Promise<Buffer> {
  const zip = new ZipFile();
  const options = { mtime: MADE, mode: PLAIN_FILE, forceDosTimestamp: true, compressionLevel: LEVEL };
  for (const [path, bytes] of [...files].sort(([one], [other]) => (one < other ? -1 : 1))) {
    zip.addBuffer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), path, options);
  }
  zip.end();
  return buffer(zip.outputStream);
}
