/** A value as a file of rows holds it; null where there is none. */
export type FileCell = string | number | boolean | null;

/** Some rows of a file, and the line (or, in a format without lines, the row) from 1 on which each one ends. */
export interface RowBatch {
  readonly rows: readonly (readonly FileCell[])[];
  readonly lines: readonly number[];
}

/** The rows of a file of any format, as they come. */
export interface Table {
  readonly format: 'csv' | 'jsonl' | 'parquet';
  readonly columns: readonly string[];
  /** True where every cell is a text that has yet to be given its column's type. */
  readonly texts: boolean;
  readonly batches: AsyncIterable<RowBatch>;
}

/** What a fault calls the place of a row. */
export function placeOf(table: Pick<Table, 'format'>, line: number): string {
  return `${table.format === 'parquet' ? 'row' : 'line'} ${line}`;
}
