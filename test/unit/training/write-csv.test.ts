import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../shared/training/csv.ts';
import { csvLine } from '../../../shared/training/write-csv.ts';

describe('csvLine', () => {
  it('quotes only what needs it', () => {
    const line = csvLine(['plain', 'a,b', 'say "hi"', 'two\nlines', ' edge', 1.5, true, null, undefined, '']);
    expect(line).toBe('plain,"a,b","say ""hi""","two\nlines"," edge",1.5,true,,,\n');
  });

  it('quotes the delimiter that the file has', () => {
    expect(csvLine(['a,b', 'c;d'], ';')).toBe('a,b;"c;d"\n');
  });

  it('is read back as it was, whatever the cells hold', () => {
    const cells = fc.array(fc.string({ unit: 'grapheme' }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(cells, fc.constantFrom(',', ';', '\t'), (record, delimiter) => {
        const read: string[][] = [];
        const text =
          csvLine(
            record.map((_, i) => `column ${i}`),
            delimiter,
          ) + csvLine(record, delimiter);
        readCsv(
          Buffer.from(text),
          delimiter,
          () => {},
          (row) => read.push(row),
        );
        expect(read).toEqual([record]);
      }),
    );
  });
});
