import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { tryLock, waitForLock } from '../../../local/lock.ts';

async function lockPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lock-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'lock.db');
}

test('is held by one at a time, and free again when released', async () => {
  const path = await lockPath();
  const first = tryLock(path);
  expect(first).toBeDefined();
  expect(tryLock(path)).toBeUndefined();
  first?.release();
  const second = tryLock(path);
  expect(second).toBeDefined();
  second?.release();
});

test('ends with the process that holds it, also when that is killed', async () => {
  const path = await lockPath();
  const module = new URL('../../../local/lock.ts', import.meta.url).href;
  const code = `import { tryLock } from ${JSON.stringify(module)};
    console.log(tryLock(${JSON.stringify(path)}) === undefined ? 'refused' : 'held');
    setInterval(() => undefined, 1_000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void holder.kill('SIGKILL'));
  const [said] = await once(holder.stdout, 'data');
  expect(String(said).trim()).toBe('held');
  expect(tryLock(path)).toBeUndefined();
  await expect(waitForLock(path, 100)).rejects.toThrow(/lock\.db is still in use/);

  const waiting = waitForLock(path, 10_000);
  holder.kill('SIGKILL');
  (await waiting).release();
});

test('is won by exactly one of many who wait', async () => {
  const path = await lockPath();
  let holders = 0;
  const take = async (): Promise<void> => {
    const lock = await waitForLock(path, 10_000);
    holders += 1;
    expect(holders).toBe(1);
    await new Promise(setImmediate);
    holders -= 1;
    lock.release();
  };
  await Promise.all(Array.from({ length: 5 }, take));
});
