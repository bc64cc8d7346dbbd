import { createRandom } from '../shared/training/random.ts';
import { readCsv } from '../shared/training/csv.ts';
import { csvLine } from '../shared/training/write-csv.ts';

/**
 * Rows of a file drawn with replacement, as CSV with the file's own header and delimiter, a line at a time. They keep
 * the file's order, since that may be the order of time.
 * @throws CsvFault where the file can't be read, RangeError where it has no row to draw
 */
export function* resampledCsv(
  bytes: Uint8Array,
  delimiter: string,
  rows: number,
  seed: number,
): Generator<string> {
  let header: string[] = [];
  const records: string[][] = [];
  readCsv(
    bytes,
    delimiter,
    (names) => (header = names),
    (cells) => records.push(cells),
  );
  if (records.length === 0 && rows > 0) throw new RangeError('the file has no rows to draw from');
  const random = createRandom(seed);
  const times = new Uint32Array(records.length);
  for (let drawn = 0; drawn < rows; drawn++) times[Math.floor(random() * records.length)]! += 1;

  yield csvLine(header, delimiter);
  for (const [index, cells] of records.entries()) {
    const line = times[index]! > 0 ? csvLine(cells, delimiter) : '';
    for (let copy = 0; copy < times[index]!; copy++) yield line;
  }
}
