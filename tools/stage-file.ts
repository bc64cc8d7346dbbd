import { createReadStream } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelDefinition } from '../shared/features/definition.ts';
import type { DatasetOrigin } from '../shared/registry/rows.ts';
import type { Suite } from '../shared/training/expectations/suite.ts';
import { type StagedRows, stageRows } from '../shared/training/stage-rows.ts';
import { type OnProgress, type RowSource, withRows } from './row-files/open-rows.ts';

/** Rows that were checked and wait in a file of their own, in the form in which a data set version holds them. */
export interface StagedFile {
  readonly staged: StagedRows;
  readonly origin: DatasetOrigin;
  readonly read: () => AsyncIterable<Uint8Array>;
  readonly readWhole: () => Promise<Uint8Array>;
}

/**
 * Checks a source's rows and hands them on; they are gone once `use` is done.
 * @throws Failure, RowsFault, CsvFault, Error naming what is wrong with the source, its columns or its rows
 */
export async function withStagedFile<T>(
  source: RowSource,
  definition: ModelDefinition,
  suite: Suite | undefined,
  onProgress: OnProgress,
  use: (file: StagedFile) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-staged-'));
  try {
    const path = join(folder, 'rows.csv');
    const checked = await withRows(source, definition, onProgress, async ({ table, origin }) => {
      const file = await open(path, 'wx');
      try {
        return {
          staged: await stageRows(table, definition, suite, (piece) => file.appendFile(piece)),
          origin,
        };
      } finally {
        await file.close();
      }
    });
    return await use({
      ...checked,
      read: () => createReadStream(path, { highWaterMark: 1024 * 1024 }),
      readWhole: () => readFile(path),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Where rows came from, for people. */
export function describeOrigin({ file, url, member }: DatasetOrigin): string {
  return `${url ?? file}${member === undefined ? '' : `, ${member}`}`;
}
