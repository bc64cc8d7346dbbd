import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileContract } from '../../../shared/features/compile.ts';
import { fitContract, parseDefinition } from '../../../shared/features/contract.ts';
import { anyRow, everyOperation } from './every-operation.ts';

const compiled = compileContract(fitContract(parseDefinition(everyOperation), []));
const good = { owner: 'o1', at: '2025-08-11T17:36:37', amount: 10 };

function problemsOf(row: unknown, path = '') {
  const result = compiled.check(row, path);
  return result.ok ? [] : result.problems;
}

function checked(row: unknown) {
  const result = compiled.check(row, '');
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return { ...result, values: (column: string) => compiled.value(result.row, column) };
}

describe('a row', () => {
  it('is accepted with nothing but what is required', () => {
    const { row, values, warnings } = checked(good);
    expect(warnings).toEqual([]);
    expect([values('usual'), values('before'), values('member'), values('color')]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(compiled.id(row)).toBeUndefined();
    expect(compiled.label(row)).toBeUndefined();
    expect(compiled.entity(row)).toBe('o1');
    expect(compiled.eventTime(row)).toBe(Date.parse('2025-08-11T17:36:37Z'));
  });

  it('gets defaults and derived values where it has none of its own', () => {
    expect(checked(good).values('count')).toBe(2);
    expect(checked({ ...good, count: null }).values('count')).toBe(2);
    expect(checked({ ...good, count: -5 }).values('count')).toBe(-5);
    expect(checked(good).values('shade')).toBe('red');
    expect(checked(good).values('hour')).toBe(17);
    expect(checked({ ...good, hour: 3 }).values('hour')).toBe(3);
    expect(checked({ ...good, at: '2025-08-11T17:36:37+05:00' }).values('hour')).toBe(12);
  });

  it('reports every problem at once, with JSON Pointers under its own path', () => {
    const row = { at: '2025-02-30', amount: '12', usual: true, count: 9, member: 'yes', color: 3, shop: {} };
    expect(
      problemsOf(row, '/transactions/7')
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual(
      ['amount', 'at', 'color', 'count', 'member', 'owner', 'shop', 'usual'].map(
        (name) => `/transactions/7/${name}`,
      ),
    );
  });

  it.each([
    [{ amount: '12.5' }, '/amount', 'must be a number, not "12.5"'],
    [{ amount: Number.NaN }, '/amount', 'must be a number, not NaN'],
    [{ amount: Number.POSITIVE_INFINITY }, '/amount', 'must be a number, not Infinity'],
    [{ amount: [1] }, '/amount', 'must be a number, not an array'],
    [{ amount: '' }, '/amount', 'must be a number, not ""'],
    [{ amount: -0.01 }, '/amount', 'must be at least 0, not -0.01'],
    [{ amount: null }, '/amount', 'is required'],
    [{ owner: '' }, '/owner', 'is required'],
    [{ owner: 12 }, '/owner', 'must be a text, not 12'],
    [{ shop: 'x'.repeat(257) }, '/shop', 'must be at most 256 characters long, not 257'],
    [{ count: 6 }, '/count', 'must be at most 5, not 6'],
    [{ count: 1.5 }, '/count', 'must be a whole number, not 1.5'],
    [
      { at: '2025-08-11T25:00' },
      '/at',
      'must be an existing date and time in ISO 8601, not "2025-08-11T25:00"',
    ],
    [{ at: 1754933797 }, '/at', 'must be an existing date and time in ISO 8601, not 1754933797'],
    [{ member: 1 }, '/member', 'must be true or false, not 1'],
    [{ won: 'maybe' }, '/won', 'must be "yes" or "no", not "maybe"'],
  ])('is refused by check and schema with %j', (change, path, message) => {
    expect(problemsOf({ ...good, ...change })).toEqual([{ path, message }]);
    expect(compiled.rowSchema.safeParse({ ...good, ...change }).success).toBe(false);
  });

  it.each([null, undefined, 1, 'row', true, [], [good]])('is refused when it is %j', (row) => {
    expect(problemsOf(row, '/transaction')).toEqual([
      { path: '/transaction', message: 'must be an object with a key per column' },
    ]);
  });

  it('keeps an unknown category and warns of it, cutting its text short', () => {
    const { values, warnings } = checked({ ...good, color: 'x'.repeat(100) });
    expect(values('color')).toBe('x'.repeat(100));
    expect(warnings).toEqual([`color: "${'x'.repeat(64)}…" is not a known category and counts as "other"`]);
  });

  it('ignores columns that it does not know and names them in one warning', () => {
    expect(checked({ ...good, a: 1, 'b/c': 2 }).warnings).toEqual([
      'ignored columns that the model does not know: "a", "b/c"',
    ]);
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`c${i}`, i]));
    expect(checked({ ...good, ...many }).warnings[0]).toMatch(/"c9" and 990 more$/);
  });

  it('neither checks nor keeps a column that is declared as ignored', () => {
    expect(checked({ ...good, later: { any: 'thing' } })).toMatchObject({ warnings: [] });
    expect(checked({ ...good, later: 3 }).values('later')).toBeNull();
  });

  it.each([
    ['yes', 1],
    [true, 1],
    [1, 1],
    ['no', 0],
    [false, 0],
    [0, 0],
    [null, undefined],
  ])('may carry its label as %j', (won, expected) => {
    expect(compiled.label(checked({ ...good, won }).row)).toBe(expected);
  });

  it('takes nothing from a prototype', () => {
    const polluted: unknown = JSON.parse(
      '{"owner":"o1","at":"2025-08-11","__proto__":{"amount":1},"constructor":{"prototype":{"amount":1}}}',
    );
    expect(problemsOf(polluted)).toEqual([{ path: '/amount', message: 'is required' }]);
    const inherited: unknown = Object.assign(Object.create({ amount: 1 }), { owner: 'o1', at: '2025-08-11' });
    expect(problemsOf(inherited)).toEqual([{ path: '/amount', message: 'is required' }]);
    expect(Object.prototype).not.toHaveProperty('amount');
  });

  it('is judged the same every time, without an exception, and as the published schema does', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: anyRow }, fc.jsonValue()), (row) => {
        const result = compiled.check(row, '/p');
        expect(compiled.check(row, '/p')).toEqual(result);
        expect(compiled.rowSchema.safeParse(row).success).toBe(result.ok);
        if (result.ok) accepted += 1;
        const paths = result.ok ? [] : result.problems.map(({ path }) => path);
        expect(paths.filter((path) => path !== '/p' && !path.startsWith('/p/'))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(500);
  });
});
