import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { messageOf } from '../failure.ts';
import { MAX_TEXT } from '../features/limits.ts';
import { modelNameSchema, versionSchema } from '../registry/rows.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import {
  type CategoricalCounts,
  type ColumnCounts,
  countsOf,
  type NumericCounts,
  type WindowHistogram,
} from './histogram.ts';
import type { ColumnSpec, HistogramSpec } from './histogram-spec.ts';
import { MAX_UNSEEN, type UnseenValue } from './unseen-values.ts';

/**
 * A histogram as bytes: `TGHG`, the format's version (1 byte), the header's size (4 bytes, little-endian), the header
 * (JSON), the columns (deflated) and the CRC-32 of all before (4 bytes).
 */
const MAGIC = Buffer.from('TGHG');
const FORMAT = 1;
const START = MAGIC.length + 5;
const MAX_HEADER_BYTES = 1 << 12;
const CHECKSUM_BYTES = 4;

const count = z.int().nonnegative();
const headerSchema = z.strictObject({
  model: modelNameSchema,
  /** Absent in a version's own baseline, which is made before the version has its number. */
  version: versionSchema.optional(),
  specHash: z.string().regex(/^[0-9a-f]{64}$/),
  rows: count,
  failed: count,
  pinned: count,
});
export type HistogramHeader = z.infer<typeof headerSchema>;

/** Bytes that are no histogram, or not one of the wanted spec. Terminal: reading again gives the same. */
export class HistogramFault extends Error {
  override readonly name = 'HistogramFault';
}

/** The bytes of a histogram: the same for equal ones. */
export function encodeHistogram(
  of: Pick<HistogramHeader, 'model' | 'version'>,
  histogram: WindowHistogram,
): Buffer {
  const { specHash, rows, failed, pinned, columns } = histogram;
  const writer = new ByteWriter();
  for (const column of columns) {
    for (const rowsThere of column.counts) writer.whole(rowsThere);
    if (column.kind === 'numeric') writeNumeric(writer, column);
    else writeUnseen(writer, column.unseen);
  }
  const version = of.version === undefined ? {} : { version: of.version };
  const header = Buffer.from(
    JSON.stringify({ model: of.model, ...version, specHash, rows, failed, pinned } satisfies HistogramHeader),
  );
  const start = Buffer.alloc(START);
  MAGIC.copy(start);
  start.writeUInt8(FORMAT, MAGIC.length);
  start.writeUInt32LE(header.length, MAGIC.length + 1);
  const body = Buffer.concat([start, header, deflateRawSync(writer.taken())]);
  const checksum = Buffer.alloc(CHECKSUM_BYTES);
  checksum.writeUInt32LE(crc32(body));
  return Buffer.concat([body, checksum]);
}

/**
 * Reads a histogram and what it says of itself.
 * @throws HistogramFault for anything but a whole histogram of this spec
 */
export function decodeHistogram(
  given: Uint8Array,
  spec: HistogramSpec,
  hash: string,
): { readonly header: HistogramHeader; readonly histogram: WindowHistogram } {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  const { header, body } = readHeader(bytes);
  const { specHash, rows, failed, pinned } = header;
  if (specHash !== hash) {
    throw new HistogramFault(
      `The histogram counts the bins of another baseline (${specHash}, wanted ${hash})`,
    );
  }
  try {
    const reader = new ByteReader(inflateRawSync(body, { maxOutputLength: mostBytes(spec) }));
    const columns = spec.map((column) => readColumn(reader, column));
    if (reader.left > 0) throw new RangeError(`${reader.left} bytes are left over`);
    return { header, histogram: { specHash, rows, failed, pinned, columns } };
  } catch (error) {
    throw new HistogramFault(`The histogram's columns cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function readHeader(bytes: Buffer): { readonly header: HistogramHeader; readonly body: Buffer } {
  if (bytes.length < START + CHECKSUM_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new HistogramFault('These bytes are no histogram');
  }
  const format = bytes.readUInt8(MAGIC.length);
  if (format !== FORMAT)
    throw new HistogramFault(`The histogram has format ${format}; this release reads ${FORMAT}`);
  const size = bytes.readUInt32LE(MAGIC.length + 1);
  const end = bytes.length - CHECKSUM_BYTES;
  if (size > MAX_HEADER_BYTES || START + size > end)
    throw new HistogramFault('The histogram ends within its header');
  if (bytes.readUInt32LE(end) !== crc32(bytes.subarray(0, end))) {
    throw new HistogramFault('The histogram is damaged: its checksum is not that of its bytes');
  }
  try {
    const header = headerSchema.parse(JSON.parse(bytes.toString('utf8', START, START + size)));
    return { header, body: bytes.subarray(START + size, end) };
  } catch (error) {
    throw new HistogramFault(`The histogram's header cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function writeNumeric(writer: ByteWriter, { counts, sums, squares, min, max }: NumericCounts): void {
  let rows = 0;
  for (const [bin, sum] of sums.entries()) {
    if (counts[bin] === 0) continue;
    rows += counts[bin]!;
    writer.int64(sum);
  }
  if (rows === 0) return;
  writer.uint128(squares);
  writer.double(min);
  writer.double(max);
}

function writeUnseen(writer: ByteWriter, unseen: readonly UnseenValue[]): void {
  writer.whole(unseen.length);
  for (const { value, rows } of unseen) {
    writer.text(value);
    writer.whole(rows);
  }
}

function readColumn(reader: ByteReader, spec: ColumnSpec): ColumnCounts {
  const counts = new Float64Array(countsOf(spec));
  for (let place = 0; place < counts.length; place += 1) counts[place] = reader.whole();
  return spec.kind === 'categorical' ? readCategorical(reader, counts) : readNumeric(reader, counts);
}

function readNumeric(reader: ByteReader, counts: Float64Array): NumericCounts {
  const sums = new BigInt64Array(counts.length - 2);
  let rows = 0;
  for (let bin = 0; bin < sums.length; bin += 1) {
    if (counts[bin] === 0) continue;
    rows += counts[bin]!;
    sums[bin] = reader.int64();
  }
  if (rows === 0) return { kind: 'numeric', counts, sums, squares: 0n, min: Infinity, max: -Infinity };
  const squares = reader.uint128();
  const [min, max] = [reader.double(), reader.double()];
  if (!(Number.isFinite(min) && Number.isFinite(max) && min <= max))
    throw new RangeError('a least value is above its greatest');
  return { kind: 'numeric', counts, sums, squares, min, max };
}

function readCategorical(reader: ByteReader, counts: Float64Array): CategoricalCounts {
  const names = reader.whole();
  if (names > MAX_UNSEEN) throw new RangeError(`it names ${names} new categories`);
  const unseen = Array.from({ length: names }, () => ({ value: reader.text(), rows: reader.whole() }));
  return { kind: 'categorical', counts, unseen };
}

/** What the columns of a spec take at most. */
function mostBytes(spec: HistogramSpec): number {
  const perUnseen = 3 * MAX_TEXT + 16;
  return spec.reduce(
    (bytes, column) =>
      bytes +
      countsOf(column) * 8 +
      (column.kind === 'categorical' ? 8 + MAX_UNSEEN * perUnseen : countsOf(column) * 8 + 32),
    16,
  );
}
