import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file so that at every moment, also after a crash of the machine, either the old or the new content is
 * there in full: write beside it, flush, rename, flush the folder.
 * @param parts the content; an iterable is written piece by piece
 */
export async function replaceFile(path: string, parts: string | Iterable<string>): Promise<void> {
  const beside = `${path}.${String(process.pid)}.tmp`;
  try {
    const file = await open(beside, 'w');
    try {
      for (const part of typeof parts === 'string' ? [parts] : parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
