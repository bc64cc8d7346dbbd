import { parsedBy } from './command-line.ts';

/** An option's value as a number of at least `least` and at most `most`. */
export function numberBetween(least: number, most: number): (text: string) => number {
  return parsedBy((text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!(value >= least && value <= most))
      throw new RangeError(`It has to be a number from ${least} to ${most}.`);
    return value;
  });
}
