import type { ModelDefinition } from '../features/definition.ts';
import { durationSchema, milliseconds } from '../promotion/duration.ts';

/** Which rows are held out from training, to measure the model on. */
export type HoldOut =
  | { readonly by: 'modulo'; readonly divisor: number; readonly remainder: number }
  | { readonly by: 'column'; readonly column: string }
  | {
      readonly by: 'temporal';
      readonly share: number;
      /** So long before the first held-out row the training rows end, such as `7d`: labels mature meanwhile. */
      readonly gap?: string;
    }
  | { readonly by: 'stratified'; readonly share: number };

/** Row numbers (from 0), ascending. */
export interface SplitRows {
  readonly training: Int32Array;
  readonly heldOut: Int32Array;
  /** Rows of a temporal split's gap, which are in neither part. */
  readonly gap: Int32Array;
}

/**
 * Reads `modulo:k:r` (rows whose 0-based number has remainder r modulo k), `column:name` (rows whose column holds
 * "test"), `temporal:share` (the latest share of the rows by event time), `temporal:share:gap` (the training rows end a
 * duration such as `7d` before) or `stratified:share` (the same share of the rows of each label, evenly spread).
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
    const isShare = divisor > 0 && divisor < 1;
    if (by === 'temporal' && isShare && second === undefined) return { by, share: divisor };
    if (by === 'temporal' && isShare && second !== undefined && durationSchema.safeParse(second).success)
      return { by, share: divisor, gap: second };
    if (by === 'stratified' && isShare && second === undefined) return { by, share: divisor };
  }
  throw new RangeError(
    `'${text}' is not a split: use modulo:k:r (0 <= r < k), column:name, temporal:share or temporal:share:gap (such as 7d), or stratified:share (0 < share < 1)`,
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
      return split.gap === undefined ? `temporal:${split.share}` : `temporal:${split.share}:${split.gap}`;
    case 'stratified':
      return `stratified:${split.share}`;
  }
}

/** What a split may need to know of the rows. */
export interface SplitSource {
  readonly rows: number;
  /** Event time of a row in epoch milliseconds. */
  readonly eventTime: (row: number) => number | undefined;
  /** The text of a row's cell in the column of a `column` split. */
  readonly cell: (row: number) => string | undefined;
  readonly label: (row: number) => number | undefined;
}

/**
 * Divides rows into training and held-out, and those between them in time.
 * @throws RangeError where either part would be empty or a row has no event time to split by
 */
export function splitRows(split: HoldOut, source: SplitSource): SplitRows {
  const part = membership(split, source);
  const training: number[] = [];
  const heldOut: number[] = [];
  const gap: number[] = [];
  const parts = { training, heldOut, gap };
  for (let row = 0; row < source.rows; row++) parts[part(row)].push(row);
  if (training.length === 0 || heldOut.length === 0) {
    throw new RangeError(
      `The split ${formatHoldOut(split)} leaves ${training.length} rows to train on and ${heldOut.length} to measure on`,
    );
  }
  return {
    training: Int32Array.from(training),
    heldOut: Int32Array.from(heldOut),
    gap: Int32Array.from(gap),
  };
}

function membership(split: HoldOut, source: SplitSource): (row: number) => keyof SplitRows {
  switch (split.by) {
    case 'modulo':
      return (row) => (row % split.divisor === split.remainder ? 'heldOut' : 'training');
    case 'column':
      return (row) => (source.cell(row)?.toLowerCase() === 'test' ? 'heldOut' : 'training');
    case 'temporal': {
      const times = Float64Array.from(
        { length: source.rows },
        (_, row) => source.eventTime(row) ?? Number.NaN,
      );
      if (times.some(Number.isNaN)) throw new RangeError('A temporal split needs an event time in every row');
      const sorted = times.toSorted();
      // Rows of the same moment stay together, on the later side.
      const from = sorted[Math.floor(source.rows * (1 - split.share))] ?? Number.POSITIVE_INFINITY;
      const until = from - (split.gap === undefined ? 0 : milliseconds(split.gap));
      return (row) => {
        const time = times[row] ?? 0;
        if (time >= from) return 'heldOut';
        return time < until ? 'training' : 'gap';
      };
    }
    case 'stratified': {
      const seen = new Map<number | undefined, number>();
      return (row) => {
        const label = source.label(row);
        const before = seen.get(label) ?? 0;
        seen.set(label, before + 1);
        const isNext = Math.floor((before + 1) * split.share) > Math.floor(before * split.share);
        return isNext ? 'heldOut' : 'training';
      };
    }
  }
}

/**
 * The latest fifth where rows have an event time, since models are asked about the future, with a gap in which labels
 * mature; otherwise a fifth of the rows of each label.
 */
export function defaultHoldOut({
  columns,
  labelling,
}: Pick<ModelDefinition, 'columns' | 'labelling'>): HoldOut {
  if (!columns.some(({ role }) => role === 'eventTime')) return { by: 'stratified', share: 0.2 };
  return { by: 'temporal', share: 0.2, ...(labelling === undefined ? {} : { gap: labelling.maturity }) };
}
