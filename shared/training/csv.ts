import { isUtf8 } from 'node:buffer';
import { CsvError, parse } from 'csv-parse/sync';

/** A file that is not the CSV it should be; the message names the line. */
export class CsvFault extends Error {
  override readonly name = 'CsvFault';
}

/**
 * Reads CSV (RFC 4180: quoted fields, also with line breaks inside; UTF-8, with or without a byte order mark).
 * @param onHeader told of the column names, once
 * @param onRecord told of each record's cells and of the line (from 1) on which it ends
 * @throws CsvFault naming the line of the first record that has another number of cells, a quote that is not closed, …
 */
export function readCsv(
  bytes: Uint8Array,
  delimiter: string,
  onHeader: (names: string[]) => void,
  onRecord: (cells: string[], line: number) => void,
): void {
  if (!isUtf8(bytes)) throw new CsvFault(`line ${lineOfBadUtf8(bytes)}: the text is not UTF-8`);
  let header = true;
  try {
    parse(bytes, {
      bom: true,
      delimiter,
      relax_column_count: false,
      skip_empty_lines: true,
      on_record: (cells: string[], { lines }) => {
        if (header) onHeader(cells);
        else onRecord(cells, lines);
        header = false;
        return undefined;
      },
    });
  } catch (error) {
    throw error instanceof CsvError ? csvFaultOf(error) : error;
  }
  if (header) throw new CsvFault('line 1: the file is empty; its first line has to name the columns');
}

/** The parser's error, with the line that it is about. */
export function csvFaultOf(error: CsvError): CsvFault {
  const line = typeof error['lines'] === 'number' ? error['lines'] : undefined;
  const said = line === undefined || /\bline \d+/.test(error.message);
  return new CsvFault(said ? error.message : `line ${line}: ${error.message}`, { cause: error });
}

function lineOfBadUtf8(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    const stop = end === -1 ? bytes.length : end;
    if (!isUtf8(bytes.subarray(start, stop))) return line;
    start = stop + 1;
  }
  return line;
}
