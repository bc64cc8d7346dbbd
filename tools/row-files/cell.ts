import { shown } from '../../shared/features/row-values.ts';
import type { FileCell } from '../../shared/training/table.ts';

/**
 * A value of a typed file as a cell: numbers as doubles, times as ISO 8601. An empty text, NaN and undefined are no
 * value.
 * @throws Error for lists, objects, bytes, and whole numbers that a double can't hold
 */
export function cellOf(value: unknown, place: () => string): FileCell {
  if (value === undefined || value === null || value === '' || Number.isNaN(value)) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (BigInt(number) === value) return number;
    throw new Error(`${place()}: ${value} is too large for a number; write it as a text`);
  }
  throw new Error(`${place()}: has to be a number, a text, true or false, not ${shown(value)}`);
}
