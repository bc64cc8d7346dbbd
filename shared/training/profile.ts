import { labelOf } from '../features/check-row.ts';
import type { Column, ModelDefinition } from '../features/definition.ts';
import { parseTimestamp } from '../features/timestamp.ts';
import { Numbers } from './expectations/column-values.ts';
import type { FileCell, Table } from './table.ts';
import { cellTyper } from './typed-cells.ts';

/** Distinct values that are counted of a column; what comes beyond them is only counted as that. */
const MAX_DISTINCT = 200_000;

export interface ValueCount {
  readonly value: string;
  readonly rows: number;
  /** Of those rows, with a label, and with a positive one. */
  readonly labelled: number;
  readonly positives: number;
}

/** What a file holds in one column. */
export interface ColumnProfile {
  readonly name: string;
  readonly column: Column | undefined;
  readonly rows: number;
  readonly missing: number;
  /** Values that don't have the type that the contract gives the column. */
  readonly mistyped: number;
  readonly distinct: number;
  /** True where there are more distinct values than were counted. */
  readonly distinctIsLeast: boolean;
  /** Most frequent first; of numbers, only where there are few. */
  readonly values: readonly ValueCount[];
  /** The column's numbers (times in epoch milliseconds), by row; NaN where there is none. */
  readonly numbers: Float64Array | undefined;
}

export interface Profile {
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
  readonly label: string | undefined;
  /** By row: 0, 1, or 255 where the row has no label. */
  readonly labels: Uint8Array;
  /** Event times by row, in epoch milliseconds, NaN where there is none; undefined where no row has one. */
  readonly times: Float64Array | undefined;
}

/** No label. */
export const UNLABELLED = 255;

/** Reads a table once and keeps what an exploratory page and a proposal of expectations need. Memory: 8 bytes a number. */
export async function profileTable(table: Table, definition: ModelDefinition): Promise<Profile> {
  const typed = cellTyper(table, definition.columns);
  const byName = new Map(definition.columns.map((column) => [column.name, column]));
  const label = definition.columns.find(({ role }) => role === 'label');
  const time = definition.columns.find(({ role }) => role === 'eventTime');
  const collectors = table.columns.map((name) => new ColumnCollector(name, byName.get(name)));
  const labelSlot = table.columns.indexOf(label?.name ?? '');
  const labels: number[] = [];
  for await (const batch of table.batches) {
    for (const raw of batch.rows) {
      const cells = typed(raw);
      const y = labelOf(cells[labelSlot] ?? null, label?.labels) ?? UNLABELLED;
      labels.push(y);
      for (const [slot, collector] of collectors.entries()) collector.add(cells[slot] ?? null, y);
    }
  }
  const columns = collectors.map((collector) => collector.profile());
  return {
    rows: labels.length,
    columns,
    label: label?.name,
    labels: Uint8Array.from(labels),
    times: columns.find(({ name }) => name === time?.name)?.numbers,
  };
}

class ColumnCollector {
  readonly #name: string;
  readonly #column: Column | undefined;
  readonly #numbers = new Numbers();
  readonly #counts = new Map<FileCell, { rows: number; labelled: number; positives: number }>();
  #rows = 0;
  #missing = 0;
  #mistyped = 0;
  #measured = 0;
  #uncounted = false;

  constructor(name: string, column: Column | undefined) {
    this.#name = name;
    this.#column = column;
  }

  add(value: FileCell, label: number): void {
    this.#rows += 1;
    const number = value === null ? Number.NaN : numberIn(value, this.#column);
    this.#numbers.add(number);
    if (value === null) {
      this.#missing += 1;
      return;
    }
    if (!Number.isNaN(number)) this.#measured += 1;
    if (!hasType(value, this.#column)) this.#mistyped += 1;
    let count = this.#counts.get(value);
    if (count === undefined) {
      if (this.#counts.size >= MAX_DISTINCT) {
        this.#uncounted = true;
        return;
      }
      count = { rows: 0, labelled: 0, positives: 0 };
      this.#counts.set(value, count);
    }
    count.rows += 1;
    if (label === UNLABELLED) return;
    count.labelled += 1;
    count.positives += label;
  }

  profile(): ColumnProfile {
    const present = this.#rows - this.#missing;
    const isNumeric = present > 0 && this.#measured >= 0.9 * present;
    const values = [...this.#counts]
      .map(([value, count]) => ({ value: String(value), ...count }))
      .toSorted((a, b) => b.rows - a.rows || (a.value < b.value ? -1 : 1));
    return {
      name: this.#name,
      column: this.#column,
      rows: this.#rows,
      missing: this.#missing,
      mistyped: this.#mistyped,
      distinct: this.#counts.size,
      distinctIsLeast: this.#uncounted,
      values: values.slice(0, 1_000),
      numbers: isNumeric ? this.#numbers.values() : undefined,
    };
  }
}

function numberIn(value: string | number | boolean, column: Column | undefined): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number.NaN;
  if (column?.type === 'timestamp') return parseTimestamp(value);
  // A file of texts does not say which of the columns that the contract doesn't know hold numbers.
  return column === undefined && value.trim() !== '' ? Number(value) : Number.NaN;
}

function hasType(value: string | number | boolean, column: Column | undefined): boolean {
  if (column?.role === 'label') return labelOf(value, column.labels) !== undefined;
  switch (column?.type) {
    case undefined:
      return true;
    case 'number':
      return typeof value === 'number' && (column?.integer !== true || Number.isInteger(value));
    case 'boolean':
      return typeof value === 'boolean';
    case 'timestamp':
      return typeof value === 'string' && !Number.isNaN(parseTimestamp(value));
    case 'category':
    case 'string':
      return typeof value === 'string';
  }
}
