import type { ColumnProfile, Profile } from '../../shared/training/profile.ts';
import { UNLABELLED } from '../../shared/training/profile.ts';

/** Rows that belong together in a chart, with how many of them are positive. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly labelled: number;
  readonly positives: number;
}

const BINS = 32;
const PERIODS = 40;

/**
 * Divides a column's numbers into bins of equal width, or one for each value of a column with few whole numbers.
 * @returns the bins, and how many values lie beyond the first and last of them (and are counted in those): the half of a
 * per cent at each end is cut off, so that one absurd value does not make a chart of a single bar
 */
export function binsOf(
  { numbers = new Float64Array(), distinct }: ColumnProfile,
  labels: Uint8Array,
): { bins: Bin[]; beyond: number } {
  const sorted = numbers.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0) return { bins: [], beyond: 0 };
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const [least, most] = [at(0), at(1)];
  const whole = distinct <= BINS + 8 && sorted.every(Number.isInteger) && most - least < BINS + 8;
  const [low, high] = whole
    ? [least, most + 1]
    : [at(0.005), Math.max(at(0.995), at(0.005) + Number.EPSILON)];
  const count = whole ? most - least + 1 : BINS;
  const width = (high - low) / count;
  const bins = Array.from({ length: count }, () => ({ rows: 0, labelled: 0, positives: 0 }));
  let beyond = 0;
  for (const [row, value] of numbers.entries()) {
    if (Number.isNaN(value)) continue;
    if (value < low || value > high) beyond += 1;
    const bin = bins[Math.min(count - 1, Math.max(0, Math.floor((value - low) / width)))];
    if (bin !== undefined) count1(bin, labels[row]);
  }
  return {
    bins: bins.map((bin, index) => ({ ...bin, from: low + index * width, to: low + (index + 1) * width })),
    beyond,
  };
}

/** Rows by their event time, in periods of equal length; without event times by their place in the file. */
export function periodsOf({ rows, labels, times }: Profile): { bins: Bin[]; byTime: boolean } {
  const places = times ?? Float64Array.from({ length: rows }, (_, row) => row);
  let least = Infinity;
  let most = -Infinity;
  for (const place of places) {
    if (place < least) least = place;
    if (place > most) most = place;
  }
  if (!(least < most)) return { bins: [], byTime: times !== undefined };
  const width = (most - least) / PERIODS;
  const bins = Array.from({ length: PERIODS }, () => ({ rows: 0, labelled: 0, positives: 0 }));
  for (const [row, place] of places.entries()) {
    if (Number.isNaN(place)) continue;
    const bin = bins[Math.min(PERIODS - 1, Math.floor((place - least) / width))];
    if (bin !== undefined) count1(bin, labels[row]);
  }
  return {
    bins: bins.map((bin, index) => ({
      ...bin,
      from: least + index * width,
      to: least + (index + 1) * width,
    })),
    byTime: times !== undefined,
  };
}

function count1(bin: { rows: number; labelled: number; positives: number }, label: number | undefined): void {
  bin.rows += 1;
  if (label === undefined || label === UNLABELLED) return;
  bin.labelled += 1;
  bin.positives += label;
}

/** A share with its 95 % interval (Wilson, 1927). */
export function rateOf(
  positives: number,
  labelled: number,
): { rate: number; lower: number; upper: number } | undefined {
  if (labelled === 0) return undefined;
  const z2 = 1.959964 ** 2;
  const rate = positives / labelled;
  const centre = (rate + z2 / (2 * labelled)) / (1 + z2 / labelled);
  const half =
    Math.sqrt((rate * (1 - rate)) / labelled + z2 / (4 * labelled ** 2)) * (1.959964 / (1 + z2 / labelled));
  return { rate, lower: Math.max(0, centre - half), upper: Math.min(1, centre + half) };
}
