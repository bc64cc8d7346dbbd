import { z } from 'zod';
import { expectationSchema } from './suite.ts';

const cell = z.union([z.number(), z.string(), z.boolean(), z.null()]);
export const percentOf = (part: number, whole: number): number => (whole === 0 ? 0 : (100 * part) / whole);

/** How many rows a result names. */
export const SAMPLE = 20;

/** What one expectation found. The names are those of a Great Expectations validation result. */
export const resultSchema = z.object({
  success: z.boolean(),
  expectation_config: expectationSchema,
  result: z.object({
    observed_value: z.unknown().optional(),
    element_count: z.int().optional(),
    missing_count: z.int().optional(),
    unexpected_count: z.int().optional(),
    /** Of the values that are there (of all of them, where the expectation is about missing ones). */
    unexpected_percent: z.number().optional(),
    /** A sample of the values that do not meet it, and of the lines (rows, in Parquet) that they are on. */
    partial_unexpected_list: z.array(cell).optional(),
    partial_unexpected_index_list: z.array(z.int()).optional(),
  }),
  /** In a sentence, what was expected of which column and what was found. */
  message: z.string(),
});
export type ExpectationResult = z.infer<typeof resultSchema>;

export const reportSchema = z.object({
  suite: z.string(),
  success: z.boolean(),
  rows: z.int(),
  statistics: z.object({
    evaluated_expectations: z.int(),
    successful_expectations: z.int(),
    unsuccessful_expectations: z.int(),
    success_percent: z.number(),
  }),
  results: z.array(resultSchema),
});
export type SuiteReport = z.infer<typeof reportSchema>;

/** Looks at every row, then says what it found. */
export interface Evaluation {
  /** @param line where the row is in its file */
  row?(cells: readonly (number | string | boolean | null)[], line: number): void;
  end(rows: number): Omit<ExpectationResult, 'expectation_config'>;
}

/** A number in a message: at most six digits, without an exponent where that is short. */
export function shownNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

/** A range in a message. */
export function shownRange({
  min_value,
  max_value,
  strict_min,
  strict_max,
}: {
  readonly min_value?: number | string | null | undefined;
  readonly max_value?: number | string | null | undefined;
  readonly strict_min?: boolean | undefined;
  readonly strict_max?: boolean | undefined;
}): string {
  const low = min_value ?? undefined;
  const high = max_value ?? undefined;
  const above = strict_min === true ? 'above' : 'at least';
  const below = strict_max === true ? 'below' : 'at most';
  if (low === undefined) return high === undefined ? 'anything' : `${below} ${high}`;
  if (high === undefined) return `${above} ${low}`;
  return strict_min === true || strict_max === true
    ? `${above} ${low} and ${below} ${high}`
    : `between ${low} and ${high}`;
}
