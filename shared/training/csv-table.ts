import { CsvError, parse, type Parser } from 'csv-parse';
import { CsvFault, csvFaultOf } from './csv.ts';
import type { Table } from './table.ts';

/**
 * Reads CSV as it comes (RFC 4180: quoted fields, also with line breaks inside; UTF-8, with or without a byte order
 * mark). An empty cell is no value.
 * @param delimiterOf chooses the delimiter, given the file's first line
 * @throws CsvFault, also while the rows are read, naming the line of the first record that is not what it should be
 */
export async function openCsvTable(
  bytes: AsyncIterable<Uint8Array>,
  delimiterOf: (firstLine: string) => string,
): Promise<Table> {
  const pieces = onlyUtf8(bytes);
  const start = await startOf(pieces);
  const batches = recordsOf(start, pieces, delimiterOf(firstLineOf(start)));
  const first = await batches.next();
  const header = first.done === true ? undefined : first.value.rows[0];
  if (first.done === true || header === undefined)
    throw new CsvFault('line 1: the file is empty; its first line has to name the columns');
  const { rows, lines } = first.value;
  return {
    format: 'csv',
    columns: header.map((name) => name ?? ''),
    texts: true,
    batches: followedBy({ rows: rows.slice(1), lines: lines.slice(1) }, batches),
  };
}

/**
 * The delimiter, of the usual ones, at which the first line has most of the names, or, where none has any, most cells;
 * the preferred one where several do.
 */
export function delimiterFor(names: ReadonlySet<string>, preferred: string): (firstLine: string) => string {
  return (firstLine) => {
    const cellsAt = (delimiter: string) =>
      firstLine.split(delimiter).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    const knownAt = (delimiter: string) => cellsAt(delimiter).filter((cell) => names.has(cell)).length;
    const all = [preferred, ...[',', ';', '\t', '|'].filter((delimiter) => delimiter !== preferred)];
    const most = (score: (delimiter: string) => number) =>
      all.reduce((best, other) => (score(other) > score(best) ? other : best));
    const known = most(knownAt);
    return knownAt(known) > 0 ? known : most((delimiter) => cellsAt(delimiter).length);
  };
}

type Batch = { readonly rows: (string | null)[][]; readonly lines: number[] };

/** Every record, the header's among them, in the batches in which the file's pieces end them. */
async function* recordsOf(
  start: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
  delimiter: string,
): AsyncGenerator<Batch, void, undefined> {
  let batch: Batch = { rows: [], lines: [] };
  const parser = parse({
    bom: true,
    delimiter,
    relax_column_count: false,
    skip_empty_lines: true,
    // Records are taken here, as each piece is parsed: through the stream each would cost a turn of the event loop.
    on_record: (cells: string[], { lines }) => {
      batch.rows.push(cells.map((cell) => (cell === '' ? null : cell)));
      batch.lines.push(lines);
      return undefined;
    },
  });
  parser.resume();
  const taken = (): Batch => {
    const full = batch;
    batch = { rows: [], lines: [] };
    return full;
  };
  for await (const piece of followedBy(start, rest)) {
    await parsed(parser, piece);
    if (batch.rows.length > 0) yield taken();
  }
  await parsed(parser, undefined);
  if (batch.rows.length > 0) yield taken();
}

async function parsed(parser: Parser, piece: Uint8Array | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onError = (error: Error) => reject(error instanceof CsvError ? csvFaultOf(error) : error);
  parser.once('error', onError);
  if (piece === undefined) parser.once('end', resolve).end();
  else parser.write(piece, (error) => (error == null ? resolve() : onError(error)));
  await promise;
  parser.off('error', onError);
}

async function* followedBy<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  yield first;
  yield* rest;
}

/** The pieces up to the one that ends the first line. */
async function startOf(pieces: AsyncGenerator<Uint8Array, void, undefined>): Promise<Buffer> {
  const start: Uint8Array[] = [];
  for (;;) {
    // In sequence: the first line may lie in several pieces
    const piece = await pieces.next();
    if (piece.done === true) return Buffer.concat(start);
    start.push(piece.value);
    if (piece.value.includes(0x0a)) return Buffer.concat(start);
  }
}

function firstLineOf(start: Buffer): string {
  const text = start.toString('utf8').replace(/^\uFEFF/, '');
  return text.slice(0, text.search(/\r?\n|$/));
}

async function* onlyUtf8(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  const decoded = (piece: Uint8Array, stream: boolean): string => {
    try {
      return decoder.decode(piece, { stream });
    } catch (error) {
      throw new CsvFault(`line ${line} or a later one: the text is not UTF-8`, { cause: error });
    }
  };
  for await (const piece of bytes) {
    const text = decoded(piece, true);
    yield piece;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) line++;
  }
  decoded(new Uint8Array(), false);
}
