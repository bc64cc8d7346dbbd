import type { ModelDefinition } from '../features/definition.ts';

/** Which rows are held out from training, to measure the model on. */
export type HoldOut =
  | { readonly by: 'modulo'; readonly divisor: number; readonly remainder: number }
  | { readonly by: 'column'; readonly column: string }
  | { readonly by: 'temporal'; readonly share: number };

/** Row numbers (from 0), ascending. */
export interface SplitRows {
  readonly training: Int32Array;
  readonly heldOut: Int32Array;
}

/**
 * Reads `modulo:k:r` (rows whose 0-based number has remainder r modulo k), `column:name` (rows whose column holds
 * "test") or `temporal:share` (the latest share of the rows by event time).
 * @throws RangeError for anything else
 */
export function parseHoldOut(text: string): HoldOut {
  const [by, first, second, ...rest] = text.split(':');
  if (rest.length === 0) {
    const divisor = Number(first);
    const remainder = Number(second);
    const modulo = Number.isInteger(divisor) && Number.isInteger(remainder) && divisor >= 2;
    if (by === 'modulo' && modulo && remainder >= 0 && remainder < divisor) return { by, divisor, remainder };
    if (by === 'column' && first !== undefined && first !== '' && second === undefined)
      return { by, column: first };
    if (by === 'temporal' && second === undefined && divisor > 0 && divisor < 1)
      return { by, share: divisor };
  }
  throw new RangeError(
    `'${text}' is not a split: use modulo:k:r (0 <= r < k), column:name, or temporal:share (0 < share < 1)`,
  );
}

/** The split as it is written on the command line. */
export function formatHoldOut(split: HoldOut): string {
  switch (split.by) {
    case 'modulo':
      return `modulo:${split.divisor}:${split.remainder}`;
    case 'column':
      return `column:${split.column}`;
    case 'temporal':
      return `temporal:${split.share}`;
  }
}

/** What a split may need to know of the rows. */
export interface SplitSource {
  readonly rows: number;
  /** Event time of a row in epoch milliseconds. */
  readonly eventTime: (row: number) => number | undefined;
  /** The text of a row's cell in the column of a `column` split. */
  readonly cell: (row: number) => string | undefined;
}

/**
 * Divides rows into training and held-out.
 * @throws RangeError where either part would be empty or a row has no event time to split by
 */
export function splitRows(split: HoldOut, source: SplitSource): SplitRows {
  const isHeldOut = membership(split, source);
  const training: number[] = [];
  const heldOut: number[] = [];
  for (let row = 0; row < source.rows; row++) (isHeldOut(row) ? heldOut : training).push(row);
  if (training.length === 0 || heldOut.length === 0) {
    throw new RangeError(
      `The split ${formatHoldOut(split)} leaves ${training.length} rows to train on and ${heldOut.length} to measure on`,
    );
  }
  return { training: Int32Array.from(training), heldOut: Int32Array.from(heldOut) };
}

function membership(split: HoldOut, source: SplitSource): (row: number) => boolean {
  switch (split.by) {
    case 'modulo':
      return (row) => row % split.divisor === split.remainder;
    case 'column':
      return (row) => source.cell(row)?.toLowerCase() === 'test';
    case 'temporal': {
      const times = Float64Array.from(
        { length: source.rows },
        (_, row) => source.eventTime(row) ?? Number.NaN,
      );
      if (times.some(Number.isNaN)) throw new RangeError('A temporal split needs an event time in every row');
      const sorted = times.toSorted();
      // Rows of the same moment stay together, on the later side.
      const from = sorted[Math.floor(source.rows * (1 - split.share))] ?? Number.POSITIVE_INFINITY;
      return (row) => (times[row] ?? 0) >= from;
    }
  }
}

/** The latest fifth where rows have an event time, since models are asked about the future; otherwise every fifth row. */
export function defaultHoldOut(layout: Pick<ModelDefinition, 'columns'>): HoldOut {
  const timed = layout.columns.some(({ role }) => role === 'eventTime');
  return timed ? { by: 'temporal', share: 0.2 } : { by: 'modulo', divisor: 5, remainder: 4 };
}
