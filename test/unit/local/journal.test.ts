import { appendFile, mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DamagedJournal, Journal, readJournal } from '../../../local/journal.ts';

async function snapshotPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'journal-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'data');
}

/** One synchronous stretch of changes, and the continuation after it. */
async function change(journal: Journal, ...changes: unknown[]): Promise<void> {
  for (const one of changes) journal.append(one);
  await Promise.resolve();
}

test('has the changes of a synchronous stretch written, as one group, when the next stretch begins', async () => {
  const path = await snapshotPath();
  const journal = new Journal(path);
  await change(journal, { n: 1 }, { n: 2 });
  expect(readJournal(path)).toEqual([[{ n: 1 }, { n: 2 }]]);
  await change(journal, { n: 3 });
  expect(readJournal(path)).toEqual([[{ n: 1 }, { n: 2 }], [{ n: 3 }]]);
  journal.close();
});

test('writes a change as it was when it was told, not as it became', async () => {
  const path = await snapshotPath();
  const journal = new Journal(path);
  const document: { id?: number } = { id: 1 };
  journal.append(document);
  delete document.id;
  await change(journal);
  expect(readJournal(path)).toEqual([[{ id: 1 }]]);
});

test('keeps the order over rotations and restarts, and forgets only what a snapshot has', async () => {
  const path = await snapshotPath();
  const first = new Journal(path);
  await change(first, 'before the snapshot');
  const forgetEarlier = first.rotate();
  await change(first, 'after');
  expect(readJournal(path)).toEqual([['before the snapshot'], ['after']]);
  forgetEarlier();
  expect(readJournal(path)).toEqual([['after']]);
  const second = new Journal(path);
  await change(second, 'after the restart');
  expect(readJournal(path)).toEqual([['after'], ['after the restart']]);
});

test('leaves nothing behind when all was forgotten and it is closed', async () => {
  const path = await snapshotPath();
  const journal = new Journal(path);
  await change(journal, 'something');
  journal.rotate()();
  journal.close();
  expect(await readdir(join(path, '..'))).toEqual([]);
});

test('leaves out a last line that was cut off, and nothing else', async () => {
  const path = await snapshotPath();
  const journal = new Journal(path);
  await change(journal, 'whole');
  await change(journal, 'cut off');
  const file = `${path}.journal.1`;
  await truncate(file, (await stat(file)).size - 3);
  expect(readJournal(path)).toEqual([['whole']]);
});

test('refuses to read a line that is damaged in any other way', async () => {
  const path = await snapshotPath();
  const journal = new Journal(path);
  await change(journal, 'whole');
  await appendFile(`${path}.journal.1`, '["half\n["next"]\n');
  expect(() => readJournal(path)).toThrow(DamagedJournal);
  expect(() => readJournal(path)).toThrow(/journal\.1 is damaged in line 2/);
});
