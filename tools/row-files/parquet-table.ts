import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { messageOf } from '../../shared/failure.ts';
import { isRecord } from '../../shared/features/row-values.ts';
import type { RowBatch, Table } from '../../shared/training/table.ts';
import { cellOf } from './cell.ts';

/** Rows that are read at a time, at most: a row group is read whole where it has no more. */
const BATCH_ROWS = 250_000;

/** Reads Apache Parquet. @throws Error where the file is not Parquet, or a column holds no plain values */
export async function openParquetTable(
  path: string,
  onRows: (stage: string, done: number, total: number) => void,
): Promise<Table> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file).catch((error: unknown) => {
    throw new Error(`The file is not Parquet: ${messageOf(error)}`, { cause: error });
  });
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name);

  async function* batches(): AsyncGenerator<RowBatch, void, undefined> {
    for (const { start, end } of slicesOf(metadata.row_groups.map((group) => Number(group.num_rows)))) {
      // In sequence: only one batch is to be in memory
      const rows: unknown[] = await parquetReadObjects({
        file,
        metadata,
        columns,
        compressors,
        rowStart: start,
        rowEnd: end,
        useOffsetIndex: true,
      });
      yield {
        rows: rows.map((row, index) => {
          if (!isRecord(row)) throw new Error('The Parquet reader gave a row that is no object');
          return columns.map((name) => cellOf(row[name], () => `row ${start + index + 1}, '${name}'`));
        }),
        lines: rows.map((_, index) => start + index + 1),
      };
      onRows('reading', end, Number(metadata.num_rows));
    }
  }
  return { format: 'parquet', columns, texts: false, batches: batches() };
}

function* slicesOf(groups: readonly number[]): Generator<{ start: number; end: number }> {
  let start = 0;
  for (const rows of groups) {
    for (const last = start + rows; start < last;) {
      const end = Math.min(last, start + BATCH_ROWS);
      yield { start, end };
      start = end;
    }
  }
}
