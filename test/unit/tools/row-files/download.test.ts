import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { download } from '../../../../tools/row-files/download.ts';
import { withFiles } from '../../../fixtures/row-files.ts';

const bytes = Buffer.from('a,b\n1,2\n'.repeat(1_000));
const digest = createHash('sha256').update(bytes).digest('hex');
const url = 'https://data.example/rows.csv';

async function fetched(response: Response, sha256 = digest) {
  return withFiles(new Map(), async (pathOf) => {
    const progress: number[] = [];
    const onBytes = (done: number) => void progress.push(done);
    await download(url, sha256, pathOf('rows.csv'), onBytes, () => Promise.resolve(response));
    return { file: await readFile(pathOf('rows.csv')), progress };
  });
}

describe('a download', () => {
  it('is the file that was asked for', async () => {
    const { file, progress } = await fetched(new Response(bytes));
    expect(file.equals(bytes)).toBe(true);
    expect(progress.at(-1)).toBe(bytes.length);
  });

  it('is refused where it is another file, saying which one came', async () => {
    await expect(fetched(new Response('other'))).rejects.toThrow(/has SHA-256 d9298a10.*it is another file/);
  });

  it('is refused where the server has none, or leads away from https', async () => {
    await expect(fetched(new Response('gone', { status: 404 }))).rejects.toThrow(`${url} answered 404`);
    const led = new Response(bytes);
    Object.defineProperties(led, {
      redirected: { value: true },
      url: { value: 'http://elsewhere.example/' },
    });
    await expect(fetched(led)).rejects.toThrow(/leads away from https/);
  });
});
