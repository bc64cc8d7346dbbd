import { Failure, type Problem } from '../failure.ts';
import { type CompiledContract, compileContract } from './compile.ts';
import type { RowCheck } from './check-row.ts';
import type { Contract } from './contract.ts';
import type { Column, ModelDefinition } from './definition.ts';
import { pointerTo, shown } from './row-values.ts';

type Source = Contract | ModelDefinition | CompiledContract;
/** Gives a text cell its column's type; a text that can't have it stays as it is. */
export type Reading = (cell: string) => string | number | boolean;

/** A JSON number, also with a leading plus, leading zeros, or a bare point: what spreadsheets write. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
]);

/**
 * Makes the reader of a text file's rows: gives every cell its column's type, then checks the row as any other, so a
 * row from a file has exactly the features of the same row from a request. An empty cell is no value. A cell that can't
 * have its column's type stays a text, which the check then refuses, naming column and value. Columns that the contract
 * does not know are left out (`unknownColumns` names them once for the whole file).
 * @param needsLabel whether the file must have the label's column and a label in every row: it does for training
 * @throws Failure `invalid` where a required column is not in the header, or the header names a column twice
 */
export function textRowReader(
  source: Source,
  header: readonly string[],
  needsLabel = false,
): (cells: readonly string[]) => RowCheck {
  const compiled = 'check' in source ? source : compileContract(source);
  const columns = compiled.contract.columns;
  const label = columns.find((column) => column.role === 'label')?.name;
  checkHeader(columns, header, needsLabel ? label : undefined);
  const byName = new Map(columns.map((column) => [column.name, column]));
  const cells = header.flatMap((name, index) => {
    const column = byName.get(name);
    return column === undefined || column.ignored !== undefined
      ? []
      : [{ name, index, read: readingOf(column) }];
  });

  return (texts) => {
    if (texts.length !== header.length) {
      const message = `has ${texts.length} cells, the header has ${header.length}`;
      return { ok: false, problems: [{ path: '', message }] };
    }
    const row: Record<string, unknown> = {};
    for (const { name, index, read } of cells) {
      const text = texts[index];
      if (text !== undefined && text !== '') row[name] = read(text);
    }
    const result = compiled.check(row, '');
    if (!needsLabel || label === undefined || !result.ok || compiled.label(result.row) !== undefined)
      return result;
    return { ok: false, problems: [{ path: pointerTo('', label), message: 'is required' }] };
  };
}

/** The header's columns that the contract does not know, in the order of the header. */
export function unknownColumns(source: Source, header: readonly string[]): string[] {
  const known = new Set(('check' in source ? source.contract : source).columns.map(({ name }) => name));
  return header.filter((name) => !known.has(name));
}

/**
 * Holds the columns of a file to those of a contract.
 * @param label the label's column, where the file must have it
 * @throws Failure `invalid` where a required column is missing, or one is named twice
 */
export function checkHeader(
  columns: readonly Column[],
  header: readonly string[],
  label: string | undefined,
): void {
  const present = new Set(header);
  const missing = columns.filter(
    ({ name, required }) => (required === true || name === label) && !present.has(name),
  );
  const twice = [...present].filter((name) => header.indexOf(name) !== header.lastIndexOf(name));
  const problems: Problem[] = [
    ...missing.map(({ name }) => ({ path: pointerTo('', name), message: 'is required' })),
    ...twice.map((name) => ({ path: pointerTo('', name), message: 'is in the header twice' })),
  ];
  if (problems.length === 0) return;
  const parts: string[] = [];
  if (missing.length > 0)
    parts.push(`the file lacks required columns: ${missing.map(({ name }) => name).join(', ')}`);
  if (twice.length > 0) parts.push(`the header names columns twice: ${twice.map(shown).join(', ')}`);
  throw new Failure('invalid', parts.join('; '), { problems });
}

/** How a column's texts are read. */
export function readingOf(column: Column): Reading {
  if (column.role === 'label') return labelReading(column);
  switch (column.type) {
    case 'number':
      return numberOf;
    case 'boolean':
      return (cell) => BOOLEANS.get(cell.toLowerCase()) ?? cell;
    case 'timestamp':
    case 'category':
    case 'string':
      return (cell) => cell;
  }
}

function labelReading({ labels }: Column): Reading {
  if (labels !== undefined) return (cell) => cell;
  return (cell) => BOOLEANS.get(cell.toLowerCase()) ?? numberOf(cell);
}

/** A text as the number that it says; any other stays a text. */
export function numberOf(cell: string): number | string {
  return NUMBER.test(cell) ? Number(cell) : cell;
}
