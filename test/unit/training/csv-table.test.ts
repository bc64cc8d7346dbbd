import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../shared/training/csv.ts';
import { delimiterFor, openCsvTable } from '../../../shared/training/csv-table.ts';
import { csvLine } from '../../../shared/training/write-csv.ts';

async function* pieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function read(bytes: Uint8Array, size: number, delimiter = ',') {
  const table = await openCsvTable(pieces(bytes, size), () => delimiter);
  const rows: (readonly unknown[])[] = [];
  const lines: number[] = [];
  for await (const batch of table.batches) {
    rows.push(...batch.rows);
    lines.push(...batch.lines);
  }
  return { columns: table.columns, rows, lines };
}

describe('a CSV file read as it comes', () => {
  it('gives what the whole file gives, wherever the pieces are cut', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'é', '😀', '"', ',', '\n', '\r\n', ' ', '0') });
    const table = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 40 }), async (rows, size) => {
        const bytes = Buffer.from(csvLine(['a', 'b', 'c']) + rows.map((row) => csvLine(row)).join(''));
        const whole: (string | null)[][] = [];
        const ends: number[] = [];
        readCsv(
          bytes,
          ',',
          () => undefined,
          (cells, line) => {
            whole.push(cells.map((text) => (text === '' ? null : text)));
            ends.push(line);
          },
        );
        expect(await read(bytes, size)).toEqual({ columns: ['a', 'b', 'c'], rows: whole, lines: ends });
      }),
      { numRuns: 60 },
    );
  });

  it('refuses an empty file, a short record and text that is not UTF-8, naming the line', async () => {
    await expect(read(Buffer.from(''), 10)).rejects.toThrow('line 1: the file is empty');
    await expect(read(Buffer.from('a,b\n1,2\n3\n'), 3)).rejects.toThrow(/line 3/);
    await expect(read(Buffer.from('a,b\n1,"2\n'), 3)).rejects.toThrow(/[Qq]uote/);
    await expect(read(Buffer.concat([Buffer.from('a,b\n1,'), Buffer.from([0xff])]), 4)).rejects.toThrow(
      /UTF-8/,
    );
  });

  it('finds the delimiter at which the header has the names that are looked for', () => {
    const choose = delimiterFor(new Set(['age', 'job']), ',');
    expect(choose('"age";"job";"y"')).toBe(';');
    expect(choose('age,job;y')).toBe(',');
    expect(choose('p;q;r')).toBe(';');
    expect(choose('p')).toBe(',');
  });
});
