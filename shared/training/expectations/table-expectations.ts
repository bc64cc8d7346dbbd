import { type Evaluation, shownRange } from './result.ts';
import { listed } from './row-expectations.ts';
import { withinRange } from './range.ts';
import type { TableExpectation } from './suite.ts';

/** The judgement of an expectation about the table as a whole. */
export function tableEvaluationOf(expectation: TableExpectation, columns: readonly string[]): Evaluation {
  switch (expectation.type) {
    case 'expect_table_row_count_to_be_between':
      return counted('rows', expectation.kwargs, (rows) => rows);
    case 'expect_table_row_count_to_equal': {
      const { value } = expectation.kwargs;
      return counted('rows', { min_value: value, max_value: value }, (rows) => rows);
    }
    case 'expect_table_column_count_to_be_between':
      return counted('columns', expectation.kwargs, () => columns.length);
    case 'expect_column_to_exist': {
      const { column } = expectation.kwargs;
      return columnSet([column], columns, false);
    }
    case 'expect_table_columns_to_match_set':
      return columnSet(expectation.kwargs.column_set, columns, expectation.kwargs.exact_match ?? true);
  }
}

function counted(
  what: string,
  kwargs: { readonly min_value?: number | null | undefined; readonly max_value?: number | null | undefined },
  countOf: (rows: number) => number,
): Evaluation {
  const within = withinRange(kwargs);
  return {
    end(rows) {
      const count = countOf(rows);
      return {
        success: within(count),
        result: { observed_value: count },
        message: `the number of ${what} should be ${shownRange(kwargs)}; it is ${count}`,
      };
    },
  };
}

function columnSet(wanted: readonly string[], columns: readonly string[], exact: boolean): Evaluation {
  const lacking = wanted.filter((column) => !columns.includes(column));
  const extra = exact ? columns.filter((column) => !wanted.includes(column)) : [];
  const parts = [
    ...(lacking.length > 0 ? [`the file lacks the columns ${listed(lacking)}`] : []),
    ...(extra.length > 0 ? [`the file has columns that it should not have: ${listed(extra)}`] : []),
  ];
  return {
    end: () => ({
      success: parts.length === 0,
      result: { observed_value: [...columns] },
      message: parts.length === 0 ? 'the file has the columns that it should have' : parts.join('; '),
    }),
  };
}
