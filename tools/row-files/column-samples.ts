import { numberOf } from '../../shared/features/text-row.ts';
import type { FileCell, Table } from '../../shared/training/table.ts';

/** Of more distinct values than this, those that come later count together: memory has to end somewhere. */
export const MAX_COUNTED = 1_000_000;
export const OTHER = '(other)';

/** What a first reading of a file finds. */
export interface FileFacts {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, ColumnFacts>;
}

export interface ColumnFacts {
  /** Rows with a value. */
  readonly present: number;
  /** Every value is a number; so it is where there is none. */
  readonly isNumeric: boolean;
}

/** Values of some of a file's columns. */
export interface ColumnSamples {
  /** In ascending order. */
  readonly numbers: ReadonlyMap<string, Float64Array>;
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Finds which columns a file has and which of them hold numbers only. @throws Error where two have one name */
export async function factsOf(table: Table): Promise<FileFacts> {
  const twice = table.columns.find((name, index) => table.columns.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`the header names the column '${twice}' twice`);
  const present = table.columns.map(() => 0);
  const isNumeric = table.columns.map(() => true);
  let rows = 0;
  for await (const batch of table.batches) {
    rows += batch.rows.length;
    for (const cells of batch.rows) {
      for (let column = 0; column < present.length; column += 1) {
        const value = valueOf(cells[column]);
        if (value === undefined) continue;
        present[column]! += 1;
        if (typeof value !== 'number') isNumeric[column] = false;
      }
    }
  }
  const facts = table.columns.map(
    (name, index) => [name, { present: present[index]!, isNumeric: isNumeric[index]! }] as const,
  );
  return { rows, columns: new Map(facts) };
}

/**
 * Takes the values of some columns out of a file.
 * @param facts of the same file
 * @param numeric columns whose values are numbers
 * @param categorical columns whose values are counted; numbers among them by their text
 * @throws Error where the file is not the one of the facts any more
 */
export async function samplesOf(
  table: Table,
  { columns }: FileFacts,
  numeric: readonly string[],
  categorical: readonly string[],
): Promise<ColumnSamples> {
  const numbers = new Map(
    numeric.map((name) => [name, new Float64Array(columns.get(name)?.present ?? 0)] as const),
  );
  const counts = new Map(categorical.map((name) => [name, new Map<string, number>()] as const));
  const takers = table.columns.flatMap((name, index) => {
    const [values, rows] = [numbers.get(name), counts.get(name)];
    if (values !== undefined) return [{ index, take: fill(name, values) }];
    return rows === undefined ? [] : [{ index, take: counter(rows) }];
  });
  for await (const batch of table.batches) {
    for (const cells of batch.rows) {
      for (const { index, take } of takers) {
        const cell = cells[index];
        const value = valueOf(cell);
        if (value !== undefined) take(value, cell);
      }
    }
  }
  for (const values of numbers.values()) values.sort();
  return { numbers, counts };
}

type Take = (value: number | string, cell: FileCell | undefined) => void;

function fill(name: string, values: Float64Array): Take {
  let at = 0;
  return (value) => {
    if (typeof value !== 'number' || at === values.length)
      throw new Error(`the column '${name}' is not what it was a moment ago: the file is being changed`);
    values[at] = value;
    at += 1;
  };
}

function counter(rows: Map<string, number>): Take {
  return (_, cell) => {
    const text = String(cell);
    const before = rows.get(text);
    if (before !== undefined || rows.size < MAX_COUNTED) rows.set(text, (before ?? 0) + 1);
    else rows.set(OTHER, (rows.get(OTHER) ?? 0) + 1);
  };
}

/** A cell as a number where it says one, else as a text; undefined where it has no value, or an infinite one. */
function valueOf(cell: FileCell | undefined): number | string | undefined {
  if (cell === null || cell === undefined || cell === '') return undefined;
  const value = typeof cell === 'string' ? numberOf(cell.trim()) : cell;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return String(cell);
}
