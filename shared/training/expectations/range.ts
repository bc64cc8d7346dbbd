import type { FileCell } from '../table.ts';
import { measureOf } from './column-values.ts';

export interface Range {
  readonly min_value?: number | string | null | undefined;
  readonly max_value?: number | string | null | undefined;
  readonly strict_min?: boolean | undefined;
  readonly strict_max?: boolean | undefined;
}

/** Makes the test whether a number (a time in epoch milliseconds) lies in a range; NaN lies in none. */
export function withinRange(range: Range): (value: number) => boolean {
  const low = boundOf(range.min_value, -Infinity);
  const high = boundOf(range.max_value, Infinity);
  const { strict_min = false, strict_max = false } = range;
  return (value) => (strict_min ? value > low : value >= low) && (strict_max ? value < high : value <= high);
}

/** As `withinRange`, of a cell; what is no number (and no time) lies in no range. */
export function cellWithinRange(range: Range): (value: FileCell) => boolean {
  const within = withinRange(range);
  return (value) => {
    const number = measureOf(value);
    return number !== undefined && within(number);
  };
}

/** @throws RangeError for a text that is no time */
function boundOf(value: number | string | null | undefined, open: number): number {
  if (value === null || value === undefined) return open;
  const number = measureOf(value);
  if (number === undefined) throw new RangeError(`'${value}' is no time of ISO 8601 to compare with`);
  return number;
}
