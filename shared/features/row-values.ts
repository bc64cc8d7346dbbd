/**
 * A checked value: a number (a timestamp as epoch milliseconds, the label as 0 or 1), a text, a boolean, or null where
 * the row has none.
 */
export type CellValue = number | string | boolean | null;

/** A row that passed `check`: one value per column, in the order in which the contract declares them. */
export type CheckedRow = readonly CellValue[];

/** Longest piece of a caller's text that a message repeats. Characters. */
const MAX_SHOWN = 64;

/** A value as it may appear in a message: JSON, cut short, without line breaks or control characters. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    const short =
      value.length > MAX_SHOWN
        ? `${Array.from(value.slice(0, 2 * MAX_SHOWN))
            .slice(0, MAX_SHOWN)
            .join('')}…`
        : value;
    return JSON.stringify(short);
  }
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}

/** Appends a key to a JSON Pointer (RFC 6901). */
export function pointerTo(path: string, key: string | number): string {
  return `${path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** True for an object that is no array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
