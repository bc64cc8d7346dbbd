import type { Column } from '../features/definition.ts';
import type { CellValue, CheckedRow } from '../features/row-values.ts';
import { type Cell, csvLine } from './write-csv.ts';

/**
 * Makes the functions that write checked rows as CSV, which `readLabelledRows` reads as the very same rows: the contract's
 * columns in their order, times in UTC with milliseconds, the label as the contract writes it. Ignored columns are left
 * out, as no checked row has a value of them.
 */
export function checkedCsv(
  columns: readonly Column[],
  delimiter: string,
): { readonly header: string; readonly line: (row: CheckedRow) => string } {
  const written = columns
    .map((column, slot) => ({ column, slot }))
    .filter(({ column }) => column.ignored === undefined);
  return {
    header: csvLine(
      written.map(({ column }) => column.name),
      delimiter,
    ),
    line: (row) =>
      csvLine(
        written.map(({ column, slot }) => cellOf(column, row[slot] ?? null)),
        delimiter,
      ),
  };
}

function cellOf({ role, type, labels }: Column, value: CellValue): Cell {
  if (value === null) return value;
  if (role === 'label' && labels !== undefined) return value === 1 ? labels.positive : labels.negative;
  return role !== 'label' && type === 'timestamp' && typeof value === 'number'
    ? new Date(value).toISOString()
    : value;
}
