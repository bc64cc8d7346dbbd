import { labelOf } from '../features/check-row.ts';
import type { Column } from '../features/definition.ts';
import { readingOf } from '../features/text-row.ts';
import type { FileCell, Table } from './table.ts';

/**
 * Makes the function that gives a row's cells the types of their columns, and the label one of the two values that the
 * contract has for it (1 and 0 where it names none). What can't have its column's type, and the cells of a column that
 * is not known, stay as they are.
 */
export function cellTyper(
  table: Pick<Table, 'columns' | 'texts'>,
  columns: readonly Column[],
): (cells: readonly FileCell[]) => FileCell[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const readings = table.columns.map((name) => typingOf(byName.get(name), table.texts));
  return (cells) => cells.map((cell, index) => readings[index]?.(cell) ?? cell);
}

function typingOf(column: Column | undefined, texts: boolean): ((cell: FileCell) => FileCell) | undefined {
  if (column === undefined) return undefined;
  const read = readingOf(column);
  const typed = (cell: FileCell) => (texts && typeof cell === 'string' ? read(cell) : cell);
  if (column.role !== 'label') return typed;
  const { labels } = column;
  return (cell) => {
    const value = typed(cell);
    const label = labelOf(value, labels);
    if (label === undefined || labels === undefined) return label ?? value;
    return label === 1 ? labels.positive : labels.negative;
  };
}
