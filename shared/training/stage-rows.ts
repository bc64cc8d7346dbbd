import { createHash } from 'node:crypto';
import { compileContract } from '../features/compile.ts';
import type { Column, ModelDefinition } from '../features/definition.ts';
import { checkHeader } from '../features/text-row.ts';
import { parseTimestamp } from '../features/timestamp.ts';
import type { DatasetRow } from '../registry/rows.ts';
import type { SuiteReport } from './expectations/result.ts';
import { failuresOf } from './expectations/report.ts';
import { startSuite } from './expectations/run-suite.ts';
import type { Suite } from './expectations/suite.ts';
import { RowFaults } from './row-faults.ts';
import { type FileCell, placeOf, type Table } from './table.ts';
import { cellTyper } from './typed-cells.ts';
import { csvLine } from './write-csv.ts';

/** What is known of rows once all of them have been read, and goes into the registry's row of the data set version. */
export type RowFacts = Pick<
  DatasetRow,
  'rows' | 'delimiter' | 'columns' | 'absent' | 'timeSpan' | 'labelRate' | 'expectations'
>;

export interface StagedRows {
  readonly facts: RowFacts;
  readonly sha256: string;
  readonly bytes: number;
  readonly report?: SuiteReport;
}

/**
 * Reads a table's rows once: holds each to the contract, shows it to the expectations, and writes it as CSV in one form
 * (the contract's columns in their order, then others by name; numbers at their shortest, times in UTC with
 * milliseconds, the label as the contract writes it), so that the same rows give the same bytes whatever file they
 * came in.
 * @param write takes the CSV in pieces, in order
 * @throws Failure `invalid` where a required column is missing; RowsFault, after the last row, where rows hold values
 * of another type, outside of their column's range, or no label: it names each such column
 */
export async function stageRows(
  table: Table,
  definition: ModelDefinition,
  suite: Suite | undefined,
  write: (piece: string) => Promise<void>,
): Promise<StagedRows> {
  const label = definition.columns.find(({ role }) => role === 'label')?.name;
  checkHeader(definition.columns, table.columns, label);
  const contract = compileContract(definition);
  const typed = cellTyper(table, definition.columns);
  const columns = storedColumns(table, definition.columns);
  const delimiter = definition.defaultFile?.delimiter ?? ',';
  const run = suite && startSuite(suite, table.columns);
  const faults = new RowFaults(label);
  const hash = createHash('sha256');
  let bytes = 0;
  let rows = 0;
  let positives = 0;
  let from = Infinity;
  let to = -Infinity;
  const put = async (piece: string) => {
    hash.update(piece);
    bytes += Buffer.byteLength(piece);
    await write(piece);
  };

  await put(
    csvLine(
      columns.map(({ name }) => name),
      delimiter,
    ),
  );
  for await (const batch of table.batches) {
    let piece = '';
    for (const [index, raw] of batch.rows.entries()) {
      const line = batch.lines[index] ?? 0;
      const cells = typed(raw);
      rows += 1;
      run?.row(cells, line);
      const row: Record<string, FileCell> = {};
      for (const { slot, name, column } of columns) if (column !== undefined) row[name] = cells[slot] ?? null;
      const checked = contract.check(row, '');
      const value = checked.ok ? contract.label(checked.row) : undefined;
      if (!checked.ok || (label !== undefined && value === undefined)) {
        faults.add(checked.ok ? [] : checked.problems, () => placeOf(table, line));
        continue;
      }
      positives += value ?? 0;
      const time = contract.eventTime(checked.row);
      if (time !== undefined) {
        from = Math.min(from, time);
        to = Math.max(to, time);
      }
      piece += csvLine(
        columns.map((stored) => stored.text(cells[stored.slot] ?? null)),
        delimiter,
      );
    }
    await put(piece);
  }
  faults.throwIfAny(rows);
  const report = run?.report();
  return {
    sha256: hash.digest('hex'),
    bytes,
    facts: {
      rows,
      delimiter,
      columns: columns.map((stored) => stored.fact()),
      absent: definition.columns.map(({ name }) => name).filter((name) => !table.columns.includes(name)),
      ...(from <= to
        ? { timeSpan: { from: new Date(from).toISOString(), to: new Date(to).toISOString() } }
        : {}),
      ...(label === undefined || rows === 0 ? {} : { labelRate: positives / rows }),
      ...(report === undefined ? {} : { expectations: summaryOf(report) }),
    },
    ...(report === undefined ? {} : { report }),
  };
}

function summaryOf(report: SuiteReport): NonNullable<RowFacts['expectations']> {
  const { suite, success, statistics } = report;
  return { suite, success, evaluated: statistics.evaluated_expectations, failed: failuresOf(report) };
}

interface StoredColumn {
  readonly name: string;
  readonly slot: number;
  /** Undefined for a column that the contract does not know. */
  readonly column: Column | undefined;
  text(cell: FileCell): FileCell;
  fact(): NonNullable<RowFacts['columns']>[number];
}

function storedColumns(table: Table, columns: readonly Column[]): StoredColumn[] {
  const known = new Set(columns.map(({ name }) => name));
  const present = columns.filter(({ name }) => table.columns.includes(name));
  const added = table.columns.filter((name) => !known.has(name)).toSorted();
  return [
    ...present.map((column) => storedColumn(column.name, table.columns.indexOf(column.name), column)),
    ...added.map((name) => storedColumn(name, table.columns.indexOf(name), undefined)),
  ];
}

function storedColumn(name: string, slot: number, column: Column | undefined): StoredColumn {
  let missing = 0;
  const seen = new Set<string>();
  return {
    name,
    slot,
    column,
    text(cell) {
      if (cell === null) missing += 1;
      else if (column === undefined && seen.size < 2) seen.add(kindOf(cell));
      if (cell === null) return null;
      if (column?.type !== 'timestamp' || typeof cell !== 'string') return cell;
      const time = parseTimestamp(cell);
      return Number.isNaN(time) ? cell : new Date(time).toISOString();
    },
    fact: () => ({ name, type: column?.type ?? typeOf(seen), known: column !== undefined, missing }),
  };
}

type AddedType = 'number' | 'timestamp' | 'string' | 'boolean';

function kindOf(cell: string | number | boolean): AddedType {
  if (typeof cell === 'number') return 'number';
  if (typeof cell === 'boolean') return 'boolean';
  if (cell.trim() !== '' && Number.isFinite(Number(cell))) return 'number';
  return Number.isNaN(parseTimestamp(cell)) ? 'string' : 'timestamp';
}

function typeOf(seen: ReadonlySet<string>): AddedType {
  const kinds: readonly AddedType[] = ['number', 'timestamp', 'boolean'];
  return (seen.size === 1 ? kinds.find((kind) => seen.has(kind)) : undefined) ?? 'string';
}
