import type { FileCell } from '../table.ts';
import type { ColumnValues, Numbers } from './column-values.ts';
import { type Range, withinRange } from './range.ts';
import { type Evaluation, shownNumber, shownRange } from './result.ts';
import { listed, setOf } from './row-expectations.ts';
import type { ColumnExpectation } from './suite.ts';

type Found = ReturnType<Evaluation['end']>;
type Judge = (values: ColumnValues) => Found;

/** How an expectation judges a whole column, and what has to be kept of its values for that. */
export interface ColumnJudge {
  readonly column: string;
  readonly counts?: true;
  readonly numbers?: true;
  readonly judge: Judge;
}

/** The judgement of a column that an expectation asks for. */
export function columnJudgeOf(expectation: ColumnExpectation): ColumnJudge {
  switch (expectation.type) {
    case 'expect_column_min_to_be_between':
      return ofNumbers(expectation.kwargs, 'smallest value', (numbers) => numbers.sorted()[0]);
    case 'expect_column_max_to_be_between':
      return ofNumbers(expectation.kwargs, 'largest value', (numbers) => numbers.sorted().at(-1));
    case 'expect_column_mean_to_be_between':
      return ofNumbers(expectation.kwargs, 'mean', (numbers) => numbers.mean());
    case 'expect_column_median_to_be_between':
      return ofNumbers(expectation.kwargs, 'median', (numbers) => numbers.median());
    case 'expect_column_stdev_to_be_between':
      return ofNumbers(expectation.kwargs, 'standard deviation', (numbers) => numbers.standardDeviation());
    case 'expect_column_quantile_values_to_be_between':
      return quantiles(expectation.kwargs);
    case 'expect_column_unique_value_count_to_be_between': {
      const { column } = expectation.kwargs;
      return {
        column,
        counts: true,
        judge: ({ counts }) => ranged(expectation.kwargs, 'number of distinct values', counts?.size ?? 0),
      };
    }
    case 'expect_column_proportion_of_unique_values_to_be_between': {
      const { column } = expectation.kwargs;
      const judge: Judge = ({ counts, rows, missing }) =>
        ranged(
          expectation.kwargs,
          'share of distinct values',
          rows === missing ? 0 : (counts?.size ?? 0) / (rows - missing),
        );
      return { column, counts: true, judge };
    }
    case 'expect_column_proportion_of_non_null_values_to_be_between': {
      const { column } = expectation.kwargs;
      const judge: Judge = ({ rows, missing }) =>
        ranged(expectation.kwargs, 'share of rows with a value', rows === 0 ? 0 : (rows - missing) / rows);
      return { column, judge };
    }
    case 'expect_column_distinct_values_to_be_in_set': {
      const { column, value_set } = expectation.kwargs;
      return distinct(column, (found) => ({
        extra: found.filter((value) => !setOf(value_set).has(value)),
        lacking: [],
      }));
    }
    case 'expect_column_distinct_values_to_contain_set': {
      const { column, value_set } = expectation.kwargs;
      return distinct(column, (found) => ({ extra: [], lacking: absent(value_set, found) }));
    }
    case 'expect_column_distinct_values_to_equal_set': {
      const { column, value_set } = expectation.kwargs;
      return distinct(column, (found) => ({
        extra: found.filter((value) => !setOf(value_set).has(value)),
        lacking: absent(value_set, found),
      }));
    }
    case 'expect_column_most_common_value_to_be_in_set':
      return mostCommon(expectation.kwargs);
  }
}

function ofNumbers(
  kwargs: Range & { readonly column: string },
  what: string,
  statistic: (numbers: Numbers) => number | undefined,
): ColumnJudge {
  // Bounds that are times are shown, and compared, as times.
  const asTime = typeof (kwargs.min_value ?? kwargs.max_value) === 'string';
  return {
    column: kwargs.column,
    numbers: true,
    judge: ({ numbers }) => {
      if (numbers === undefined || numbers.length === 0) {
        return {
          success: false,
          result: {},
          message: `'${kwargs.column}' has no numbers to take the ${what} of`,
        };
      }
      return ranged(kwargs, what, statistic(numbers) ?? Number.NaN, asTime);
    },
  };
}

function ranged(
  kwargs: Range & { readonly column: string },
  what: string,
  value: number,
  asTime = false,
): Found {
  const observed = asTime && Number.isFinite(value) ? new Date(value).toISOString() : value;
  const text = typeof observed === 'number' ? shownNumber(observed) : observed;
  return {
    success: withinRange(kwargs)(value),
    result: { observed_value: observed },
    message: `the ${what} of '${kwargs.column}' should be ${shownRange(kwargs)}; it is ${text}`,
  };
}

function quantiles({
  column,
  quantile_ranges,
}: Extract<
  ColumnExpectation,
  { type: 'expect_column_quantile_values_to_be_between' }
>['kwargs']): ColumnJudge {
  return {
    column,
    numbers: true,
    judge: ({ numbers }) => {
      if (numbers === undefined || numbers.length === 0)
        return { success: false, result: {}, message: `'${column}' has no numbers to take quantiles of` };
      const parts = quantile_ranges.quantiles.map((share, index) => {
        const value = numbers.quantile(share);
        const [min_value, max_value] = quantile_ranges.value_ranges[index] ?? [null, null];
        const range = { min_value, max_value };
        return { share, value, range, success: withinRange(range)(value) };
      });
      const shownParts = parts.map(
        ({ share, value, range, success }) =>
          `${shownNumber(share)}: ${shownNumber(value)}${success ? '' : ` (should be ${shownRange(range)})`}`,
      );
      return {
        success: parts.every(({ success }) => success),
        result: {
          observed_value: {
            quantiles: parts.map(({ share }) => share),
            values: parts.map(({ value }) => value),
          },
        },
        message: `the quantiles of '${column}' are ${shownParts.join(', ')}`,
      };
    },
  };
}

function distinct(
  column: string,
  compare: (found: FileCell[]) => { extra: readonly FileCell[]; lacking: readonly FileCell[] },
): ColumnJudge {
  return {
    column,
    counts: true,
    judge: ({ counts }) => {
      const found = [...(counts?.keys() ?? [])];
      const { extra, lacking } = compare(found);
      const parts = [
        ...(extra.length > 0 ? [`has values that it should not have: ${listed(extra)}`] : []),
        ...(lacking.length > 0 ? [`lacks values that it should have: ${listed(lacking)}`] : []),
      ];
      return {
        success: parts.length === 0,
        result: { observed_value: found.slice(0, 100) },
        message: `'${column}' ${parts.length === 0 ? 'has the values that it should have' : parts.join(' and ')}`,
      };
    },
  };
}

function absent(wanted: readonly (number | string | boolean)[], found: readonly FileCell[]) {
  const there = new Set(found.map(String));
  return wanted.filter((value) => !there.has(String(value)));
}

function mostCommon({
  column,
  value_set,
  ties_okay = false,
}: Extract<
  ColumnExpectation,
  { type: 'expect_column_most_common_value_to_be_in_set' }
>['kwargs']): ColumnJudge {
  return {
    column,
    counts: true,
    judge: ({ counts = new Map<FileCell, number>() }) => {
      let most = 0;
      for (const times of counts.values()) most = Math.max(most, times);
      const modes = [...counts].filter(([, times]) => times === most).map(([value]) => value);
      const set = setOf(value_set);
      const good = modes.filter((value) => set.has(value)).length;
      return {
        success: modes.length > 0 && (ties_okay ? good > 0 : good === modes.length),
        result: { observed_value: modes.slice(0, 100) },
        message: `the most common value of '${column}' should be one of ${listed(value_set)}; it is ${listed(modes)}`,
      };
    },
  };
}
