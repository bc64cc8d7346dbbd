import { z } from 'zod';
import { Failure } from '../../failure.ts';
import { pointerTo } from '../../features/row-values.ts';

const column = z.string().min(1);
const cell = z.union([z.number(), z.string(), z.boolean()]);
/** A number, or a time as ISO 8601. Null is open, as is a bound that is not there. */
const bound = z.union([z.number(), z.string()]).nullable().optional();
const count = z.int().nonnegative().nullable().optional();
const share = z.number().min(0).max(1);
/** The share of the values that are there which has to meet the expectation. */
const mostly = share.optional();
const range = {
  min_value: bound,
  max_value: bound,
  strict_min: z.boolean().optional(),
  strict_max: z.boolean().optional(),
};
const set = z.array(cell).min(1);

const note = {
  /** Said beside a failure: what it is likely to mean. */
  notes: z.string().optional(),
  meta: z.record(z.string(), z.unknown()).optional(),
};

function named<Type extends string, Kwargs extends z.ZodRawShape>(type: Type, kwargs: Kwargs) {
  return z.strictObject({ type: z.literal(type), kwargs: z.strictObject(kwargs), ...note });
}

/** Each value of a column meets it or does not. */
const valueExpectation = z.discriminatedUnion('type', [
  named('expect_column_values_to_not_be_null', { column, mostly }),
  named('expect_column_values_to_be_null', { column, mostly }),
  named('expect_column_values_to_be_between', { column, ...range, mostly }),
  named('expect_column_values_to_be_in_set', { column, value_set: set, mostly }),
  named('expect_column_values_to_not_be_in_set', { column, value_set: set, mostly }),
  named('expect_column_values_to_be_of_type', {
    column,
    type_: z.enum(['number', 'integer', 'string', 'boolean', 'timestamp']),
    mostly,
  }),
  named('expect_column_values_to_match_regex', { column, regex: z.string(), mostly }),
  named('expect_column_value_lengths_to_be_between', { column, ...range, mostly }),
]);
/** Each row meets it or does not, by comparison. */
const rowExpectation = z.discriminatedUnion('type', [
  named('expect_column_values_to_be_unique', { column, mostly }),
  named('expect_column_pair_values_a_to_be_greater_than_b', {
    column_A: column,
    column_B: column,
    or_equal: z.boolean().optional(),
    mostly,
  }),
]);
/** A column as a whole meets it or does not. */
const columnExpectation = z.discriminatedUnion('type', [
  named('expect_column_min_to_be_between', { column, ...range }),
  named('expect_column_max_to_be_between', { column, ...range }),
  named('expect_column_mean_to_be_between', { column, ...range }),
  named('expect_column_median_to_be_between', { column, ...range }),
  named('expect_column_stdev_to_be_between', { column, ...range }),
  named('expect_column_quantile_values_to_be_between', {
    column,
    quantile_ranges: z
      .strictObject({
        quantiles: z.array(share).min(1),
        value_ranges: z.array(z.tuple([z.number().nullable(), z.number().nullable()])).min(1),
      })
      .refine(({ quantiles, value_ranges }) => quantiles.length === value_ranges.length, {
        message: 'needs a value range for each quantile',
      }),
  }),
  named('expect_column_unique_value_count_to_be_between', { column, ...range }),
  named('expect_column_proportion_of_unique_values_to_be_between', { column, ...range }),
  named('expect_column_proportion_of_non_null_values_to_be_between', { column, ...range }),
  named('expect_column_distinct_values_to_be_in_set', { column, value_set: set }),
  named('expect_column_distinct_values_to_contain_set', { column, value_set: set }),
  named('expect_column_distinct_values_to_equal_set', { column, value_set: set }),
  named('expect_column_most_common_value_to_be_in_set', {
    column,
    value_set: set,
    ties_okay: z.boolean().optional(),
  }),
]);
/** The table as a whole meets it or does not. */
const tableExpectation = z.discriminatedUnion('type', [
  named('expect_column_to_exist', { column }),
  named('expect_table_columns_to_match_set', {
    column_set: z.array(column).min(1),
    exact_match: z.boolean().optional(),
  }),
  named('expect_table_column_count_to_be_between', { min_value: count, max_value: count }),
  named('expect_table_row_count_to_be_between', { min_value: count, max_value: count }),
  named('expect_table_row_count_to_equal', { value: z.int().nonnegative() }),
]);

/**
 * One expectation, in the names and with the meanings of Great Expectations 1. Values are those of the contract's types;
 * missing values count only where an expectation is about them.
 */
export const expectationSchema = z.discriminatedUnion('type', [
  ...valueExpectation.options,
  ...rowExpectation.options,
  ...columnExpectation.options,
  ...tableExpectation.options,
]);
export type Expectation = z.infer<typeof expectationSchema>;
export type ValueExpectation = z.infer<typeof valueExpectation>;
export type ColumnExpectation = z.infer<typeof columnExpectation>;
export type TableExpectation = z.infer<typeof tableExpectation>;

const typesOf = ({ options }: { options: readonly { shape: { type: { value: string } } }[] }) =>
  new Set(options.map(({ shape }) => shape.type.value));
const valueTypes = typesOf(valueExpectation);
const columnTypes = typesOf(columnExpectation);
const tableTypes = typesOf(tableExpectation);

export function isOfValues(expectation: Expectation): expectation is ValueExpectation {
  return valueTypes.has(expectation.type);
}

export function isOfColumn(expectation: Expectation): expectation is ColumnExpectation {
  return columnTypes.has(expectation.type);
}

export function isOfTable(expectation: Expectation): expectation is TableExpectation {
  return tableTypes.has(expectation.type);
}

/** `expectations.json` of a model folder. */
export const suiteSchema = z.strictObject({
  name: z.string().min(1),
  expectations: z.array(expectationSchema),
  meta: z.record(z.string(), z.unknown()).optional(),
});
export type Suite = z.infer<typeof suiteSchema>;

/** Reads a suite. @throws Failure `invalid` with every problem, each with its JSON Pointer */
export function parseSuite(value: unknown): Suite {
  const result = suiteSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => ({
    path: issue.path.reduce<string>((path, key) => pointerTo(path, String(key)), ''),
    message: issue.message,
  }));
  const listed = problems.map((problem) => `${problem.path || '/'}: ${problem.message}`).join('; ');
  throw new Failure('invalid', `the expectations are not valid: ${listed}`, { problems });
}
