import { linesOf } from '../../shared/events/lines.ts';
import { messageOf } from '../../shared/failure.ts';
import { isRecord } from '../../shared/features/row-values.ts';
import type { FileCell, RowBatch, Table } from '../../shared/training/table.ts';
import { cellOf } from './cell.ts';

const BATCH_ROWS = 1_000;

/**
 * Reads JSON Lines: an object a line, its keys the columns. A row need not have every key; which keys there are is
 * found in a first reading of the file.
 * @param open gives the file's bytes from their start, each time; told what for
 * @throws Error, also while the rows are read, naming the line (empty ones don't count) that is not an object of
 * plain values
 */
export async function openJsonLinesTable(open: (stage: string) => AsyncIterable<Uint8Array>): Promise<Table> {
  const slots = new Map<string, number>();
  for await (const { value } of objectsOf(open('finding the columns'))) {
    for (const key of Object.keys(value)) if (!slots.has(key)) slots.set(key, slots.size);
  }
  if (slots.size === 0) throw new Error('line 1: the file is empty: it has no rows');
  return {
    format: 'jsonl',
    columns: [...slots.keys()],
    texts: false,
    batches: batchesOf(open('reading'), slots),
  };
}

async function* batchesOf(
  bytes: AsyncIterable<Uint8Array>,
  slots: ReadonlyMap<string, number>,
): AsyncGenerator<RowBatch, void, undefined> {
  let rows: FileCell[][] = [];
  let lines: number[] = [];
  for await (const { value, line } of objectsOf(bytes)) {
    const cells = Array.from<FileCell>({ length: slots.size }).fill(null);
    for (const [key, cell] of Object.entries(value)) {
      const slot = slots.get(key);
      if (slot === undefined) throw new Error(`line ${line}: '${key}' was not there a moment ago`);
      cells[slot] = cellOf(cell, () => `line ${line}, '${key}'`);
    }
    rows.push(cells);
    lines.push(line);
    if (rows.length < BATCH_ROWS) continue;
    yield { rows, lines };
    rows = [];
    lines = [];
  }
  if (rows.length > 0) yield { rows, lines };
}

async function* objectsOf(bytes: AsyncIterable<Uint8Array>) {
  let line = 0;
  for await (const text of linesOf(bytes)) {
    line += 1;
    const bare = line === 1 ? text.replace(/^\uFEFF/, '') : text;
    if (bare.trim() !== '') yield { value: objectIn(bare, line), line };
  }
}

function objectIn(text: string, line: number): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`line ${line}: not JSON (${messageOf(error)})`, { cause: error });
  }
  if (!isRecord(value)) throw new Error(`line ${line}: has to be an object with a key per column`);
  return value;
}
