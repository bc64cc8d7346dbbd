import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileContract } from '../../../shared/features/compile.ts';
import { fitContract, parseDefinition } from '../../../shared/features/contract.ts';
import { textRowReader, unknownColumns } from '../../../shared/features/text-row.ts';
import { acceptableRow, everyOperation } from './every-operation.ts';

const definition = parseDefinition(everyOperation);
const compiled = compileContract(fitContract(definition, []));
const header = definition.columns.map(({ name }) => name);

function read(cells: Record<string, string>, needsLabel = false) {
  const all: Record<string, string> = { owner: 'o1', at: '2025-08-11T17:36:37', amount: '10', ...cells };
  return textRowReader(definition, Object.keys(all), needsLabel)(Object.values(all));
}

function valueOf(cells: Record<string, string>, column: string) {
  const result = read(cells);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return compiled.value(result.row, column);
}

describe('a row of a text file', () => {
  it('has bit for bit the features of the same row in a request', () => {
    fc.assert(
      fc.property(fc.array(acceptableRow, { minLength: 1, maxLength: 5 }), (rows) => {
        const lines = rows.map((row) => header.map((name) => quoted(row[name])).join(','));
        const csv = `${header.join(',')}\n${lines.join('\n')}\n`;
        const [names = [], ...cells]: string[][] = parse(csv, { record_delimiter: '\n' });
        const reader = textRowReader(compiled, names);
        expect(cells).toHaveLength(rows.length);
        cells.forEach((line, index) => {
          const served = compiled.check(rows[index], '');
          expect(reader(line)).toEqual(served);
          expect(bytesOf(reader(line))).toEqual(bytesOf(served));
        });
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['amount', '12', 12],
    ['amount', '0012.50', 12.5],
    ['amount', '+1.5e3', 1500],
    ['amount', '.5', 0.5],
    ['usual', '', null],
    ['member', 'TRUE', true],
    ['member', 'yes', true],
    ['member', '1', true],
    ['member', 'No', false],
    ['member', '0', false],
    ['shop', '007', '007'],
    ['won', 'yes', 1],
    ['won', 'no', 0],
    ['won', '', null],
  ])('reads %s %j as %j', (column, cell, expected) => {
    expect(valueOf({ [column]: cell }, column)).toBe(expected);
  });

  it.each([
    ['amount', 'abc', 'must be a number, not "abc"'],
    ['amount', '1,5', 'must be a number, not "1,5"'],
    ['amount', '0x10', 'must be a number, not "0x10"'],
    ['amount', ' 1', 'must be a number, not " 1"'],
    ['amount', 'NaN', 'must be a number, not "NaN"'],
    ['amount', 'Infinity', 'must be a number, not "Infinity"'],
    ['amount', '1e999', 'must be a number, not Infinity'],
    ['amount', '', 'is required'],
    ['member', 'maybe', 'must be true or false, not "maybe"'],
    ['won', 'true', 'must be "yes" or "no", not "true"'],
    ['at', '11.08.2025', 'must be an existing date and time in ISO 8601, not "11.08.2025"'],
  ])('names column and value when %s is %j', (column, cell, message) => {
    expect(read({ [column]: cell })).toEqual({ ok: false, problems: [{ path: `/${column}`, message }] });
  });

  it('is refused with more or fewer cells than the header', () => {
    const reader = textRowReader(definition, ['owner', 'at', 'amount']);
    expect(reader(['o1', '2025-08-11'])).toMatchObject({
      ok: false,
      problems: [{ message: 'has 2 cells, the header has 3' }],
    });
  });

  it('needs a label only when asked for it', () => {
    expect(read({ won: '' })).toMatchObject({ ok: true });
    expect(read({ won: '' }, true)).toEqual({
      ok: false,
      problems: [{ path: '/won', message: 'is required' }],
    });
    expect(read({ won: 'no' }, true)).toMatchObject({ ok: true });
    expect(() => read({}, true)).toThrow('the file lacks required columns: won');
  });
});

describe('the header of a text file', () => {
  it('must have every required column, and is told all that are not there', () => {
    expect(() => textRowReader(definition, ['shop', 'at'])).toThrow(
      'the file lacks required columns: owner, amount',
    );
  });

  it('must not name a column twice', () => {
    expect(() => textRowReader(definition, ['owner', 'at', 'amount', 'at'])).toThrow(
      'names columns twice: "at"',
    );
  });

  it('may have other columns in any order; they are left out without a warning per row', () => {
    const names = ['amount', 'extra', 'at', '__proto__', 'owner'];
    expect(unknownColumns(definition, names)).toEqual(['extra', '__proto__']);
    const result = textRowReader(definition, names)(['1', 'x', '2025-08-11', 'y', 'o1']);
    expect(result).toMatchObject({ ok: true, warnings: [] });
  });

  it('reads labels of a number column as 0 and 1', () => {
    const columns = everyOperation.columns.map((column) =>
      column.name === 'won' ? { name: 'won', type: 'number', role: 'label' } : column,
    );
    const numeric = compileContract(parseDefinition({ ...everyOperation, columns }));
    const reader = textRowReader(numeric, ['owner', 'at', 'amount', 'won']);
    const labels = ['1', '0', '1.0', 'true', 'False', ''].map((won) => {
      const result = reader(['o1', '2025-08-11', '1', won]);
      return result.ok ? numeric.label(result.row) : result.problems;
    });
    expect(labels).toEqual([1, 0, 1, 1, 0, undefined]);
    expect(reader(['o1', '2025-08-11', '1', '2'])).toMatchObject({
      problems: [{ path: '/won', message: 'must be 1 or 0, not 2' }],
    });
  });
});

/** A JSON value as a cell; the text of an object stands in a column that is ignored anyway. */
function quoted(value: unknown): string {
  const text =
    typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
  return `"${text.replaceAll('"', '""')}"`;
}

function bytesOf(result: ReturnType<ReturnType<typeof textRowReader>>) {
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const out = new Float32Array(compiled.width);
  compiled.write(result.row, out, 0);
  return Buffer.from(out.buffer);
}
