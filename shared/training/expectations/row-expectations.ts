import { shown } from '../../features/row-values.ts';
import { parseTimestamp } from '../../features/timestamp.ts';
import type { FileCell } from '../table.ts';
import { measureOf } from './column-values.ts';
import { cellWithinRange, withinRange } from './range.ts';
import { type Evaluation, percentOf, SAMPLE, shownNumber, shownRange } from './result.ts';
import type { ValueExpectation } from './suite.ts';

/** An expectation that each value of a column meets or does not, and in words what it wants of a value. */
interface Condition {
  readonly column: string;
  readonly mostly: number;
  readonly wants: string;
  readonly meets: (value: FileCell) => boolean;
  /** True where a missing value is judged too, rather than left out. */
  readonly ofMissing?: true;
}

/** The condition that an expectation sets for each value. */
export function conditionOf(expectation: ValueExpectation): Condition {
  switch (expectation.type) {
    case 'expect_column_values_to_not_be_null':
      return of(expectation.kwargs, 'a value', (value) => value !== null, true);
    case 'expect_column_values_to_be_null':
      return of(expectation.kwargs, 'no value', (value) => value === null, true);
    case 'expect_column_values_to_be_between':
      return of(expectation.kwargs, shownRange(expectation.kwargs), cellWithinRange(expectation.kwargs));
    case 'expect_column_values_to_be_in_set': {
      const set = setOf(expectation.kwargs.value_set);
      return of(expectation.kwargs, `one of ${listed(expectation.kwargs.value_set)}`, (value) =>
        set.has(value),
      );
    }
    case 'expect_column_values_to_not_be_in_set': {
      const set = setOf(expectation.kwargs.value_set);
      return of(
        expectation.kwargs,
        `none of ${listed(expectation.kwargs.value_set)}`,
        (value) => !set.has(value),
      );
    }
    case 'expect_column_values_to_be_of_type':
      return of(
        expectation.kwargs,
        `of type ${expectation.kwargs.type_}`,
        typeTests[expectation.kwargs.type_],
      );
    case 'expect_column_values_to_match_regex': {
      const pattern = new RegExp(expectation.kwargs.regex, 'u');
      return of(expectation.kwargs, `a match of ${pattern}`, (value) => pattern.test(String(value)));
    }
    case 'expect_column_value_lengths_to_be_between': {
      const within = withinRange(expectation.kwargs);
      const wants = `${shownRange(expectation.kwargs)} characters long`;
      return of(expectation.kwargs, wants, (value) => within(String(value).length));
    }
  }
}

function of(
  { column, mostly = 1 }: { readonly column: string; readonly mostly?: number | undefined },
  wants: string,
  meets: (value: FileCell) => boolean,
  ofMissing = false,
): Condition {
  return { column, mostly, wants, meets, ...(ofMissing ? { ofMissing } : {}) };
}

/** Judges every value of a column by a condition. @param slot where the column is in a row */
export function evaluateCondition(condition: Condition, slot: number): Evaluation {
  const { column, mostly, wants, meets, ofMissing = false } = condition;
  const tally = new Tally();
  return {
    row(cells, line) {
      const value = cells[slot] ?? null;
      if (value === null) tally.missing += 1;
      if ((value !== null || ofMissing) && !meets(value)) tally.refuse(value, line);
    },
    end: (rows) =>
      tally.result(rows, ofMissing ? rows : rows - tally.missing, mostly, `'${column}' should be ${wants}`),
  };
}

/** Compares two columns row by row; a row where either is missing is left out. */
export function evaluatePair(
  a: { readonly column: string; readonly slot: number },
  b: { readonly column: string; readonly slot: number },
  orEqual: boolean,
  mostly: number,
): Evaluation {
  const tally = new Tally();
  return {
    row(cells, line) {
      const left = cells[a.slot] ?? null;
      const right = cells[b.slot] ?? null;
      if (left === null || right === null) {
        tally.missing += 1;
        return;
      }
      const [x, y] = [measureOf(left), measureOf(right)];
      const meets = x !== undefined && y !== undefined && (orEqual ? x >= y : x > y);
      if (!meets) tally.refuse(left, line);
    },
    end: (rows) => {
      const wants = `${orEqual ? 'at least' : 'greater than'} '${b.column}'`;
      return tally.result(rows, rows - tally.missing, mostly, `'${a.column}' should be ${wants}`);
    },
  };
}

/** Counts what does not meet an expectation and keeps a sample of it. */
export class Tally {
  missing = 0;
  refused = 0;
  readonly values: FileCell[] = [];
  readonly lines: number[] = [];

  refuse(value: FileCell, line: number): void {
    this.refused += 1;
    if (this.values.length < SAMPLE) {
      this.values.push(value);
      this.lines.push(line);
    }
  }

  /** @param judged how many values were looked at: where it is none, the expectation is met */
  result(rows: number, judged: number, mostly: number, wants: string): ReturnType<Evaluation['end']> {
    const success = judged === 0 || (judged - this.refused) / judged >= mostly;
    const percent = percentOf(this.refused, judged);
    const few = mostly < 1 ? ` in at least ${shownNumber(100 * mostly)} %` : '';
    const examples = this.values
      .slice(0, 3)
      .map((value, index) => `${shown(value)} on line ${this.lines[index]}`);
    const found =
      this.refused === 0
        ? `all ${judged} are`
        : `${this.refused} of ${judged} (${shownNumber(Number(percent.toFixed(2)))} %) are not: ${examples.join(', ')}`;
    return {
      success,
      result: {
        element_count: rows,
        missing_count: this.missing,
        unexpected_count: this.refused,
        unexpected_percent: percent,
        partial_unexpected_list: this.values,
        partial_unexpected_index_list: this.lines,
      },
      message: `${wants}${few}; ${found}`,
    };
  }
}

/** Whether a set has a value: texts, numbers and booleans by how they are written, as a file has them. */
export function setOf(values: readonly (number | string | boolean)[]): { has(value: FileCell): boolean } {
  const texts = new Set(values.map(String));
  return { has: (value) => texts.has(String(value)) };
}

export function listed(values: Iterable<unknown>): string {
  const all = [...values].map(shown);
  return all.length > 12 ? `${all.slice(0, 12).join(', ')} and ${all.length - 12} more` : all.join(', ');
}

const typeTests = {
  number: (value: FileCell) => typeof value === 'number',
  integer: (value: FileCell) => Number.isInteger(value),
  string: (value: FileCell) => typeof value === 'string',
  boolean: (value: FileCell) => typeof value === 'boolean',
  timestamp: (value: FileCell) => typeof value === 'string' && !Number.isNaN(parseTimestamp(value)),
};

/** Judges whether every value of a column is there once: all rows of a value that comes again count. */
export function evaluateUnique(column: string, slot: number, mostly: number): Evaluation {
  const tally = new Tally();
  const times = new Map<FileCell, number>();
  return {
    row(cells, line) {
      const value = cells[slot] ?? null;
      if (value === null) {
        tally.missing += 1;
        return;
      }
      const before = times.get(value) ?? 0;
      times.set(value, before + 1);
      if (before === 0) return;
      tally.refuse(value, line);
      // The row that had the value first was not known to share it.
      if (before === 1) tally.refused += 1;
    },
    end: (rows) => tally.result(rows, rows - tally.missing, mostly, `'${column}' should be there once each`),
  };
}
