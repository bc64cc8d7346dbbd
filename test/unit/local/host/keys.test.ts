import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readOrCreateKeys } from '../../../../local/host/keys.ts';

async function keysFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'keys-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'state', 'keys.json');
}

it('makes one set of keys for hosts that start together', async () => {
  const path = await keysFile();
  const all = await Promise.all(Array.from({ length: 4 }, () => readOrCreateKeys(path, ['score'])));
  for (const keys of all) expect(keys).toEqual(all[0]);
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(all[0]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

it('adds the keys of new functions and keeps the others', async () => {
  const path = await keysFile();
  const before = await readOrCreateKeys(path, ['score']);
  const after = await readOrCreateKeys(path, ['score', 'models']);
  expect(after).toMatchObject(before);
  expect(Object.keys(after.functionKeys)).toEqual(['score', 'models']);
});
