import { type CompiledContract } from '../features/compile.ts';
import type { CheckedRow } from '../features/row-values.ts';
import { textRowReader } from '../features/text-row.ts';
import { readCsv } from './csv.ts';

/** A file's rows do not fit the contract; the message lists the first faults, a line each. */
export class RowsFault extends Error {
  override readonly name = 'RowsFault';
}

/** The rows of a file, checked by the contract that will also serve. */
export interface LabelledRows {
  readonly rows: readonly CheckedRow[];
  readonly labels: Uint8Array;
  /** The text of each row's cell in the column that was asked for with `extraColumn`. */
  readonly extra: readonly string[];
}

const SHOWN_FAULTS = 10;

/**
 * Reads labelled rows from CSV.
 * @param extraColumn a column of the file, known to the contract or not, whose text is kept
 * @throws CsvFault, or RowsFault where columns are missing, or rows hold values of another type or no label
 */
export function readLabelledRows(
  contract: CompiledContract,
  bytes: Uint8Array,
  delimiter: string,
  extraColumn?: string,
): LabelledRows {
  const rows: CheckedRow[] = [];
  const labels: number[] = [];
  const extra: string[] = [];
  const faults: string[] = [];
  let faultyRows = 0;
  let read: ReturnType<typeof textRowReader> | undefined;
  let extraIndex = -1;
  const onHeader = (names: string[]): void => {
    read = textRowReader(contract.contract, names);
    if (extraColumn === undefined) return;
    extraIndex = names.indexOf(extraColumn);
    if (extraIndex === -1) throw new RowsFault(`The file has no column '${extraColumn}' to split by`);
  };
  readCsv(bytes, delimiter, onHeader, (cells, line) => {
    const result = read?.(cells);
    if (result === undefined) return;
    const label = result.ok ? contract.label(result.row) : undefined;
    if (result.ok && label !== undefined) {
      rows.push(result.row);
      labels.push(label);
      if (extraIndex !== -1) extra.push(cells[extraIndex] ?? '');
      return;
    }
    faultyRows++;
    if (faults.length >= SHOWN_FAULTS) return;
    const problems = result.ok
      ? ['the label is missing']
      : result.problems.map((p) => `${p.path.slice(1)} ${p.message}`);
    faults.push(`  line ${line}: ${problems.join('; ')}`);
  });
  if (faultyRows > 0) {
    const more = faultyRows > faults.length ? `\n  … and ${faultyRows - faults.length} more rows` : '';
    throw new RowsFault(`${faultyRows} rows cannot be used:\n${faults.join('\n')}${more}`);
  }
  return { rows, labels: Uint8Array.from(labels), extra };
}
