import type { Column } from '../../features/definition.ts';
import type { ColumnProfile, Profile } from '../profile.ts';
import { UNLABELLED } from '../profile.ts';
import { Numbers } from './column-values.ts';
import type { Expectation, Suite } from './suite.ts';

/** Values that a column of categories may have at most. */
const MAX_SET = 60;
/** Quantiles that are held, and by how much of a standard deviation they (and the mean) may move. */
const QUANTILES = [0.05, 0.5, 0.95];
const MOVES = 0.5;
/** By what factor the label rate may change. */
const LABEL_FACTOR = 3;

/** Proposes expectations that rows like these meet, and rows with a mistake in them probably don't: to be read and edited. */
export function proposeSuite(profile: Profile, name: string): Suite {
  const { rows, columns } = profile;
  const known = columns.filter(({ column }) => column !== undefined && column.ignored === undefined);
  return {
    name,
    expectations: [
      {
        type: 'expect_table_row_count_to_be_between',
        kwargs: { min_value: Math.max(1, Math.floor(rows / 10)) },
      },
      {
        type: 'expect_table_columns_to_match_set',
        kwargs: { column_set: known.map((one) => one.name), exact_match: false },
      },
      ...known.flatMap((one) => (one.name === profile.label ? ofLabel(one, profile) : ofColumn(one))),
    ],
  };
}

function ofColumn(profile: ColumnProfile): Expectation[] {
  const { name: column, rows, missing, column: declared } = profile;
  if (declared === undefined || rows === missing) return [];
  return [
    presence(profile, declared),
    ...(declared.role === 'id' && !profile.distinctIsLeast && profile.distinct === rows - missing
      ? [{ type: 'expect_column_values_to_be_unique' as const, kwargs: { column } }]
      : []),
    ...ofType(profile, declared),
  ];
}

function presence({ name: column, rows, missing }: ColumnProfile, declared: Column): Expectation {
  // Half as many again may be missing, and a hundredth more.
  const mostly = declared.required === true ? 1 : down(1 - (1.5 * missing) / rows - 0.01);
  return {
    type: 'expect_column_values_to_not_be_null',
    kwargs: { column, ...(mostly < 1 ? { mostly: Math.max(0, mostly) } : {}) },
  };
}

function ofType(profile: ColumnProfile, declared: Column): Expectation[] {
  const { name: column } = profile;
  switch (declared.type) {
    case 'number':
      return ofNumbers(profile, declared);
    case 'category': {
      const value_set = [
        ...new Set([...(declared.categories ?? []), ...profile.values.map(({ value }) => value)]),
      ];
      return value_set.length > MAX_SET
        ? []
        : [{ type: 'expect_column_values_to_be_in_set', kwargs: { column, value_set, mostly: 0.99 } }];
    }
    case 'timestamp':
      return [{ type: 'expect_column_values_to_be_of_type', kwargs: { column, type_: 'timestamp' } }];
    case 'boolean':
      return [{ type: 'expect_column_values_to_be_of_type', kwargs: { column, type_: 'boolean' } }];
    case 'string': {
      const share = profile.distinct / (profile.rows - profile.missing);
      return profile.distinctIsLeast
        ? []
        : [
            {
              type: 'expect_column_proportion_of_unique_values_to_be_between',
              kwargs: { column, min_value: down(share / 10) },
            },
          ];
    }
  }
}

function ofNumbers(profile: ColumnProfile, declared: Column): Expectation[] {
  const { name: column, numbers } = profile;
  if (numbers === undefined) return [];
  const there = new Numbers();
  for (const number of numbers) if (!Number.isNaN(number)) there.add(number);
  const sorted = there.sorted();
  const least = sorted[0] ?? 0;
  const most = sorted.at(-1) ?? 0;
  const room = most - least;
  const minimum = Math.max(declared.min ?? -Infinity, least >= 0 ? 0 : rounded(least - room));
  const maximum = Math.min(declared.max ?? Infinity, rounded(most + room));
  const move = MOVES * (there.length > 1 ? there.standardDeviation() : 0);
  const around = (value: number): [number, number] => [
    Math.max(minimum, rounded(value - move)),
    Math.min(maximum, rounded(value + move)),
  ];
  const [low, high] = around(there.mean());
  return [
    {
      type: 'expect_column_values_to_be_between',
      kwargs: { column, min_value: minimum, max_value: maximum, mostly: 0.999 },
    },
    { type: 'expect_column_mean_to_be_between', kwargs: { column, min_value: low, max_value: high } },
    {
      type: 'expect_column_quantile_values_to_be_between',
      kwargs: {
        column,
        quantile_ranges: {
          quantiles: QUANTILES,
          value_ranges: QUANTILES.map((share) => around(there.quantile(share))),
        },
      },
    },
  ];
}

function ofLabel({ name: column, column: declared }: ColumnProfile, { labels }: Profile): Expectation[] {
  const labelled = labels.filter((label) => label !== UNLABELLED);
  if (labelled.length === 0) return [];
  const rate = labelled.reduce((sum, label) => sum + label, 0) / labelled.length;
  const most = Math.min(LABEL_FACTOR * rate, (1 + rate) / 2);
  const { positive, negative } = declared?.labels ?? { positive: 1, negative: 0 };
  const notes =
    'A label rate far from what it was means that the labels are inverted, that another column has the name, or that the rows are a chosen part';
  const values = (value: string | number, mostly: number): Expectation => ({
    type: 'expect_column_values_to_be_in_set',
    kwargs: { column, value_set: [value], mostly },
    notes,
  });
  return [
    { type: 'expect_column_values_to_not_be_null', kwargs: { column } },
    {
      type: 'expect_column_distinct_values_to_equal_set',
      kwargs: { column, value_set: [negative, positive] },
    },
    values(positive, down(rate / LABEL_FACTOR)),
    values(negative, down(1 - most)),
  ];
}

/** Three digits are enough for a bound. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** A share, rounded down to four decimals. */
function down(share: number): number {
  return Math.floor(share * 10_000) / 10_000;
}
