import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeHistograms, type WindowHistogram } from '../../../shared/drift/histogram.ts';
import { decodeHistogram, encodeHistogram } from '../../../shared/drift/histogram-codec.ts';
import { type HistogramSpec, specHash } from '../../../shared/drift/histogram-spec.ts';
import { MAX_UNSEEN } from '../../../shared/drift/unseen-values.ts';
import { anyRows, countRows, type Row, specOf } from './arbitrary-columns.ts';

const of = { model: 'cards', version: '3' };

function bytesOf(histogram: WindowHistogram): string {
  return encodeHistogram(of, histogram).toString('base64');
}

describe('histograms', () => {
  it('of two samples added up are that of both, to the bit', () => {
    fc.assert(
      fc.property(anyRows, anyRows, anyRows, (reference, a, b) => {
        const spec = specOf(reference);
        const sum = mergeHistograms(countRows(spec, a), countRows(spec, b));
        expect(bytesOf(sum)).toBe(bytesOf(countRows(spec, [...a, ...b])));
        expect(sum).toEqual(countRows(spec, [...b, ...a]));
      }),
    );
  });

  it('merge in whichever order and grouping, to the bit', () => {
    fc.assert(
      fc.property(anyRows, anyRows, anyRows, anyRows, (reference, ...samples) => {
        const spec = specOf(reference);
        const [a, b, c] = samples.map((sample) => countRows(spec, sample)) as [
          WindowHistogram,
          WindowHistogram,
          WindowHistogram,
        ];
        const whole = bytesOf(mergeHistograms(mergeHistograms(a, b), c));
        expect(bytesOf(mergeHistograms(a, mergeHistograms(b, c)))).toBe(whole);
        expect(bytesOf(mergeHistograms(mergeHistograms(c, a), b))).toBe(whole);
        expect(bytesOf(mergeHistograms(a, countRows(spec, [])))).toBe(bytesOf(a));
      }),
    );
  });

  it('lose nothing of sums that outgrow what a number holds exactly', () => {
    const spec = specOf([
      { amount: 1, member: true, country: 'CA' },
      { amount: 3, member: true, country: 'CA' },
      ...many(5),
    ]);
    const amount = 1e9; // beyond what counts in full
    const rows = Array.from({ length: 600_000 }, () => ({ amount, member: true, country: 'CA' }));
    const all = countRows(spec, rows);
    const parts = [0, 1, 2].map((part) => countRows(spec, rows.slice(part * 200_000, (part + 1) * 200_000)));
    expect(bytesOf(parts.reduce(mergeHistograms))).toBe(bytesOf(all));
    const column = all.columns[0];
    expect(column?.kind === 'numeric' && column.sums.at(-1)).toBe(600_000n * 2n ** 34n);
  });

  it('count what is in each bin, below, above, missing and infinite', () => {
    const reference = many(4_000).map((row, index) => ({ ...row, amount: index < 1_000 ? 0 : index / 7 }));
    const spec = specOf(reference);
    const [amount] = spec;
    if (amount?.kind !== 'numeric') throw new Error('amount is not numeric');
    const values = [
      -5,
      0,
      1e-300,
      200.5,
      999,
      571.2857142857143,
      Infinity,
      -Infinity,
      null,
      ...reference.map((row) => row.amount),
    ];
    const counted = countRows(
      spec,
      values.map((value) => ({ amount: value, member: null, country: null })),
    );
    const edges = [-Infinity, ...amount.edges, Infinity];
    const byHand = edges
      .slice(1)
      .map(
        (edge, bin) =>
          values.filter((x) => x !== null && Number.isFinite(x) && x >= edges[bin]! && x < edge).length,
      );
    expect([...(counted.columns[0]?.counts ?? [])]).toEqual([...byHand, 1, 2]);
    // The thousand zeros, and one more, are by themselves.
    expect(byHand).toContain(1_001);
  });

  it('keep at most 64 new categories by name, the same ones whatever the order', () => {
    const spec = specOf(many(5));
    const rows = Array.from({ length: 5_000 }, (_, i): Row => ({
      amount: 1,
      member: true,
      country: `new-${i % 1_700}`,
    }));
    const [a, b] = [countRows(spec, rows.slice(0, 1_234)), countRows(spec, rows.slice(1_234))];
    const merged = mergeHistograms(b, a);
    expect(bytesOf(merged)).toBe(bytesOf(countRows(spec, rows.toReversed())));
    const column = merged.columns[2];
    const unseen = column?.kind === 'categorical' ? column.unseen : [];
    expect(unseen).toHaveLength(MAX_UNSEEN);
    for (const { value, rows: n } of unseen)
      expect(n).toBe(rows.filter((row) => row.country === value).length);
  });

  it('of two baselines are not added', () => {
    const [a, b] = [specOf(many(5)), specOf(many(6))];
    expect(() => mergeHistograms(countRows(a, []), countRows(b, []))).toThrow('different baselines');
  });
});

describe('a histogram as bytes', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyRows, anyRows, (reference, rows) => {
        const spec = specOf(reference);
        const histogram = countRows(spec, rows);
        const decoded = decodeHistogram(encodeHistogram(of, histogram), spec, specHash(spec));
        expect(decoded.histogram).toEqual(histogram);
        expect(decoded.header).toMatchObject({ ...of, rows: rows.length });
      }),
    );
  });

  it('is refused when it is cut, changed or prolonged', () => {
    const spec = specOf(many(50));
    const bytes = encodeHistogram(of, countRows(spec, many(9)));
    const place = fc.nat(bytes.length - 1);
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const changed = Buffer.from(bytes);
        changed[at]! ^= difference;
        expect(() => read(changed, spec)).toThrow(/histogram/);
        expect(() => read(bytes.subarray(0, at), spec)).toThrow(/histogram/);
        expect(() => read(Buffer.concat([bytes, Buffer.alloc(at + 1)]), spec)).toThrow(/histogram/);
      }),
    );
  });

  it('is refused for what it says: no histogram, a later format, other bins', () => {
    const spec = specOf(many(50));
    const bytes = encodeHistogram(of, countRows(spec, many(9)));
    expect(() => read(Buffer.from('{"rows": 5, "columns": []}'), spec)).toThrow(
      'These bytes are no histogram',
    );
    expect(() => read(new Uint8Array(), spec)).toThrow('These bytes are no histogram');
    const later = Buffer.from(bytes);
    later[4] = 2;
    expect(() => read(later, spec)).toThrow('format 2; this release reads 1');
    expect(() => read(bytes, specOf(many(51)))).toThrow('bins of another baseline');
    const huge = Buffer.from(bytes);
    huge.writeUInt32LE(0xffffffff, 5);
    expect(() => read(huge, spec)).toThrow('ends within its header');
  });

  it('is refused where its columns are not those of the spec, whatever its checksum says', () => {
    const spec = specOf(many(50));
    const bytes = encodeHistogram(of, countRows(spec, many(9)));
    const changed = (change: (columns: Buffer) => Buffer) => () => read(withColumns(bytes, change), spec);
    expect(changed((columns) => columns)).not.toThrow();
    expect(changed((columns) => Buffer.concat([columns, Buffer.of(0)]))).toThrow('1 bytes are left over');
    expect(changed((columns) => columns.subarray(0, -1))).toThrow('ends within a number');
    expect(changed((columns) => columns.fill(0xff))).toThrow('a number that is too large');
    expect(changed(() => Buffer.alloc(1 << 24))).toThrow('cannot be read');
  });
});

/** The same bytes with other columns, and a checksum that fits them. */
function withColumns(bytes: Buffer, change: (columns: Buffer) => Buffer): Buffer {
  const start = 9 + bytes.readUInt32LE(5);
  const columns = change(inflateRawSync(bytes.subarray(start, -4)));
  const body = Buffer.concat([bytes.subarray(0, start), deflateRawSync(columns)]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(body));
  return Buffer.concat([body, checksum]);
}

function read(bytes: Uint8Array, spec: HistogramSpec) {
  return decodeHistogram(bytes, spec, specHash(spec));
}

function many(rows: number): Row[] {
  return Array.from({ length: rows }, (_, i) => ({
    amount: i + 1,
    member: i % 2 === 0,
    country: i % 3 === 0 ? 'CA' : 'US',
  }));
}
