import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../shared/training/csv.ts';

function read(text: string | Uint8Array, delimiter = ',') {
  const records: { cells: string[]; line: number }[] = [];
  let header: string[] = [];
  readCsv(
    typeof text === 'string' ? Buffer.from(text) : text,
    delimiter,
    (names) => {
      header = names;
    },
    (cells, line) => records.push({ cells, line }),
  );
  return { header, records };
}

describe('readCsv', () => {
  it('reads quoted fields with delimiters, quotes and line breaks, and knows the lines', () => {
    const { header, records } = read('a,b\r\n1,"x, ""y"""\r\n2,"two\nlines"\r\n3,z\r\n');
    expect(header).toEqual(['a', 'b']);
    expect(records).toEqual([
      { cells: ['1', 'x, "y"'], line: 2 },
      { cells: ['2', 'two\nlines'], line: 4 },
      { cells: ['3', 'z'], line: 5 },
    ]);
  });

  it('skips a byte order mark and takes another delimiter', () => {
    expect(read('\uFEFF"a";"b"\n1;2\n', ';')).toEqual({
      header: ['a', 'b'],
      records: [{ cells: ['1', '2'], line: 2 }],
    });
  });

  it('gives back any cells that were written as CSV', () => {
    const cell = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const text = ['a,b', ...rows.map((cells) => cells.map(quote).join(','))].join('\n');
        expect(read(text).records.map(({ cells }) => cells)).toEqual(rows);
      }),
    );
  });

  it.each([
    ['a record with too few cells', 'a,b\n1,2\n3\n', /line 3/],
    ['a record with too many cells', 'a,b\n1,2,3\n', /line 2/],
    ['a quote that is not closed', 'a,b\n1,2\n"3,4\n', /line \d/],
    ['an empty file', '', /line 1: the file is empty/],
    [
      'text that is not UTF-8',
      Buffer.from([0x61, 0x0a, 0x31, 0x0a, 0xff, 0x0a]),
      /line 3: the text is not UTF-8/,
    ],
  ])('names the line of %s', (_, text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});
