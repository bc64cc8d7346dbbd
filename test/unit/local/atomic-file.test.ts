import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { replaceFile } from '../../../local/atomic-file.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'file-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

test('replaces the whole content and leaves nothing beside it', async () => {
  const path = await folder();
  await replaceFile(join(path, 'file'), 'a longer first content');
  await replaceFile(join(path, 'file'), ['in ', 'pieces']);
  expect(await readFile(join(path, 'file'), 'utf8')).toBe('in pieces');
  expect(await readdir(path)).toEqual(['file']);
});

test('leaves the old content when the new one cannot be made in full', async () => {
  const path = await folder();
  await replaceFile(join(path, 'file'), 'old');
  const failing = function* (): Generator<string> {
    yield 'half';
    throw new Error('no more');
  };
  await expect(replaceFile(join(path, 'file'), failing())).rejects.toThrow('no more');
  expect(await readFile(join(path, 'file'), 'utf8')).toBe('old');
  expect(await readdir(path)).toEqual(['file']);
});

test('lets a reader see one of the contents at every moment, never a part', async () => {
  const path = join(await folder(), 'file');
  const contents = ['a', 'b'].map((letter) => letter.repeat(100_000));
  await replaceFile(path, contents[0] ?? '');
  let writing = true;
  const seen = (async () => {
    while (writing) expect(contents).toContain(await readFile(path, 'utf8'));
  })();
  for (let round = 0; round < 20; round += 1) await replaceFile(path, contents[round % 2] ?? '');
  writing = false;
  await seen;
});
