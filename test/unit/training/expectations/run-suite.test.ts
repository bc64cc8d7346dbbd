import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failuresOf, reportText } from '../../../../shared/training/expectations/report.ts';
import { reportSchema } from '../../../../shared/training/expectations/result.ts';
import { startSuite } from '../../../../shared/training/expectations/run-suite.ts';
import { type Expectation, parseSuite } from '../../../../shared/training/expectations/suite.ts';
import type { FileCell } from '../../../../shared/training/table.ts';

function judge(expectation: unknown, values: readonly FileCell[], column = 'x') {
  const suite = parseSuite({ name: 's', expectations: [expectation] });
  const run = startSuite(suite, [column]);
  for (const [index, value] of values.entries()) run.row([value], index + 2);
  const report = reportSchema.parse(run.report());
  const [result] = report.results;
  if (result === undefined) throw new Error('no result');
  return result;
}
const of = (type: Expectation['type'], kwargs: object = {}) => ({ type, kwargs: { column: 'x', ...kwargs } });
const success = (type: Expectation['type'], kwargs: object, values: readonly FileCell[]) =>
  judge(of(type, kwargs), values).success;

describe('an expectation of each value', () => {
  it('counts what does not meet it, among the values that are there, and shows where', () => {
    const result = judge(
      of('expect_column_values_to_be_between', { min_value: 0, max_value: 9, mostly: 0.5 }),
      [1, null, 12, 'many', 9, 0],
    );
    expect(result).toMatchObject({
      success: true,
      result: {
        element_count: 6,
        missing_count: 1,
        unexpected_count: 2,
        unexpected_percent: 40,
        partial_unexpected_list: [12, 'many'],
        partial_unexpected_index_list: [4, 5],
      },
    });
  });

  it('is met where exactly `mostly` of the values meet it, and where there are none', () => {
    const values = [1, 1, 1, -1];
    expect(success('expect_column_values_to_be_between', { min_value: 0, mostly: 0.75 }, values)).toBe(true);
    expect(success('expect_column_values_to_be_between', { min_value: 0, mostly: 0.76 }, values)).toBe(false);
    expect(success('expect_column_values_to_be_between', { min_value: 0 }, [null, null])).toBe(true);
    expect(success('expect_column_values_to_not_be_null', {}, [])).toBe(true);
  });

  it.each<[Expectation['type'], object, FileCell[], FileCell[]]>([
    ['expect_column_values_to_not_be_null', {}, [0, '', false], [null]],
    ['expect_column_values_to_be_null', {}, [null], [0]],
    ['expect_column_values_to_be_between', { min_value: 1, max_value: 2, strict_max: true }, [1, 1.9], [2]],
    [
      'expect_column_values_to_be_between',
      { min_value: '2026-01-01' },
      ['2026-01-01T00:00:00Z'],
      ['2025-12-31'],
    ],
    ['expect_column_values_to_be_in_set', { value_set: ['a', 1] }, ['a', 1], ['b']],
    ['expect_column_values_to_not_be_in_set', { value_set: ['?'] }, ['a'], ['?']],
    ['expect_column_values_to_be_of_type', { type_: 'integer' }, [1, -3], [1.5]],
    ['expect_column_values_to_be_of_type', { type_: 'timestamp' }, ['2026-02-28'], ['2026-02-30']],
    ['expect_column_values_to_be_of_type', { type_: 'number' }, [1.5], ['1.5']],
    ['expect_column_values_to_match_regex', { regex: '^C\\d+$' }, ['C12'], ['12']],
    ['expect_column_value_lengths_to_be_between', { min_value: 2, max_value: 3 }, ['ab', 123], ['a']],
    ['expect_column_values_to_be_unique', {}, [1, 2, '1', null, null], [2]],
  ])('%s %o', (type, kwargs, good, bad) => {
    expect(success(type, kwargs, good)).toBe(true);
    expect(success(type, kwargs, [...good, ...bad])).toBe(false);
  });

  it('counts every row of a value that is there more than once', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 8 })), (values) => {
        const expected = values.filter((one) => values.filter((other) => other === one).length > 1).length;
        expect(judge(of('expect_column_values_to_be_unique'), values).result.unexpected_count).toBe(expected);
      }),
    );
  });
});

describe('an expectation of a column', () => {
  const values = [2, 4, 4, 4, 5, 5, 7, null, 9];
  // Mean 5, sample standard deviation 2.138, median 4.5 of these eight numbers.
  it.each<[Expectation['type'], number]>([
    ['expect_column_mean_to_be_between', 5],
    ['expect_column_median_to_be_between', 4.5],
    ['expect_column_stdev_to_be_between', Math.sqrt(32 / 7)],
    ['expect_column_min_to_be_between', 2],
    ['expect_column_max_to_be_between', 9],
    ['expect_column_unique_value_count_to_be_between', 5],
    ['expect_column_proportion_of_unique_values_to_be_between', 5 / 8],
    ['expect_column_proportion_of_non_null_values_to_be_between', 8 / 9],
  ])('%s observes %d', (type, observed) => {
    const result = judge(of(type, { min_value: observed - 1e-9, max_value: observed + 1e-9 }), values);
    expect(result.success).toBe(true);
    expect(result.result.observed_value).toBeCloseTo(observed, 9);
    expect(success(type, { min_value: observed + 1e-6 }, values)).toBe(false);
  });

  it('takes quantiles as the value at the nearest place', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, share) => {
          const result = judge(
            of('expect_column_quantile_values_to_be_between', {
              quantile_ranges: { quantiles: [share], value_ranges: [[null, null]] },
            }),
            all,
          );
          const sorted = all.toSorted((a, b) => a - b);
          const place = share * (all.length - 1);
          const distance = (index: number) => Math.abs(index - place);
          const least = Math.min(...sorted.map((_, index) => distance(index)));
          const nearest = sorted.filter((_, index) => distance(index) === least);
          expect(nearest).toContain((result.result.observed_value as { values: number[] }).values[0]);
        },
      ),
    );
    const half = judge(
      of('expect_column_quantile_values_to_be_between', {
        quantile_ranges: {
          quantiles: [0.5, 0.9],
          value_ranges: [
            [2, 2],
            [null, 3],
          ],
        },
      }),
      [1, 2, 3, 4],
    );
    // Place 1.5 is as near to 1 as to 2: the even one counts, which holds 3.
    expect(half.result.observed_value).toEqual({ quantiles: [0.5, 0.9], values: [3, 4] });
    expect(half.message).toContain('0.5: 3 (should be between 2 and 2), 0.9: 4 (should be at most 3)');
  });

  it('compares the distinct values with a set', () => {
    const set = { value_set: ['no', 'yes'] };
    expect(success('expect_column_distinct_values_to_equal_set', set, ['no', 'yes', null])).toBe(true);
    expect(success('expect_column_distinct_values_to_equal_set', set, ['no'])).toBe(false);
    expect(success('expect_column_distinct_values_to_be_in_set', set, ['no'])).toBe(true);
    expect(success('expect_column_distinct_values_to_be_in_set', set, ['maybe'])).toBe(false);
    expect(success('expect_column_distinct_values_to_contain_set', set, ['no', 'yes', 'maybe'])).toBe(true);
    expect(
      success('expect_column_most_common_value_to_be_in_set', { value_set: ['no'] }, ['no', 'no', 'yes']),
    ).toBe(true);
    const tied = ['no', 'yes'];
    expect(success('expect_column_most_common_value_to_be_in_set', { value_set: ['no'] }, tied)).toBe(false);
    expect(
      success('expect_column_most_common_value_to_be_in_set', { value_set: ['no'], ties_okay: true }, tied),
    ).toBe(true);
  });

  it('compares two columns row by row', () => {
    const suite = (or_equal: boolean) =>
      parseSuite({
        name: 's',
        expectations: [
          {
            type: 'expect_column_pair_values_a_to_be_greater_than_b',
            kwargs: { column_A: 'a', column_B: 'b', or_equal },
          },
        ],
      });
    const verdict = (or_equal: boolean, rows: FileCell[][]) => {
      const run = startSuite(suite(or_equal), ['a', 'b']);
      for (const row of rows) run.row(row, 1);
      return run.report().success;
    };
    expect(
      verdict(false, [
        [2, 1],
        [null, 5],
      ]),
    ).toBe(true);
    expect(verdict(false, [[1, 1]])).toBe(false);
    expect(verdict(true, [[1, 1]])).toBe(true);
    expect(verdict(true, [['2026-01-01', '2026-01-02']])).toBe(false);
  });
});

describe('an expectation of the table', () => {
  it('is of its rows and columns', () => {
    const run = (expectation: unknown, rows: number) => {
      const started = startSuite(parseSuite({ name: 's', expectations: [expectation] }), ['a', 'b']);
      for (let row = 0; row < rows; row += 1) started.row([1, 2], row);
      return started.report();
    };
    const count = { type: 'expect_table_row_count_to_be_between', kwargs: { min_value: 2 } };
    expect(run(count, 2).success).toBe(true);
    expect(reportText(run(count, 0))).toContain('the number of rows should be at least 2; it is 0');
    expect(run({ type: 'expect_table_row_count_to_equal', kwargs: { value: 3 } }, 3).success).toBe(true);
    const columns = (column_set: string[], exact_match?: boolean) =>
      run(
        {
          type: 'expect_table_columns_to_match_set',
          kwargs: { column_set, ...(exact_match === undefined ? {} : { exact_match }) },
        },
        1,
      );
    expect(columns(['b', 'a']).success).toBe(true);
    expect(columns(['a']).success).toBe(false);
    expect(columns(['a'], false).success).toBe(true);
    expect(failuresOf(columns(['a', 'b', 'c']))).toEqual([
      'the file lacks the columns "c" (expect_table_columns_to_match_set)',
    ]);
  });

  it('says which column is missing where an expectation is about it', () => {
    expect(judge(of('expect_column_mean_to_be_between', { min_value: 0 }), [1], 'y')).toMatchObject({
      success: false,
      message: "the file has no column 'x'",
    });
  });
});

describe('a suite', () => {
  it('is refused where it is not one, with the place', () => {
    const wrong = { name: 's', expectations: [of('expect_column_values_to_be_between', { mimimum: 1 })] };
    expect(() => parseSuite(wrong)).toThrow(/\/expectations\/0\/kwargs.*mimimum/);
    expect(() => parseSuite({ name: 's', expectations: [{ type: 'expect_luck', kwargs: {} }] })).toThrow(
      /\/expectations\/0\/type/,
    );
  });
});
