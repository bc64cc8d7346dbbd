import { numberSpec, textSpec } from '../shared/drift/column-bins.ts';
import type { ColumnRole } from '../shared/drift/column-evidence.ts';
import { CategoryCounter } from '../shared/drift/count-categories.ts';
import { NumberCounter } from '../shared/drift/count-numbers.ts';
import type { ColumnCounts } from '../shared/drift/histogram.ts';
import type { ColumnSpec } from '../shared/drift/histogram-spec.ts';
import type { Random } from '../shared/training/random.ts';
import { normal } from './simulated-evidence.ts';

/** A column of a made-up population. */
export interface SimulatedColumn {
  readonly column: string;
  readonly role: ColumnRole;
  readonly values: 'numbers' | 'flags' | 'texts';
  /** @param factor how much larger everything is on this day: 1 on a usual one */
  readonly draw: (random: Random, factor: number) => number | string;
}

/** Twenty columns of the shapes that columns have: skewed, discrete, with atoms, missing values, rare categories. */
export const POPULATION: readonly SimulatedColumn[] = [
  ...[0.7, 1, 1.2, 1.5].map((deviation) =>
    numbers(amountName(deviation), (random, factor) => factor * Math.exp(4 + deviation * normal(random))),
  ),
  numbers('exponential', (random, factor) => -1_000 * factor * Math.log(1 - random())),
  numbers('uniform', (random, factor) => factor * random()),
  numbers('normal', (random, factor) => factor * (10 + normal(random))),
  numbers('cents', (random, factor) => Math.round(100 * factor * Math.exp(2 + 0.8 * normal(random))) / 100),
  numbers('mostly zero', (random, factor) => (random() < 0.6 ? 0 : -50 * factor * Math.log(1 - random()))),
  numbers('count', (random, factor) => Math.floor(-3 * factor * Math.log(1 - random()))),
  numbers('often missing', (random, factor) =>
    random() < 0.05 ? Number.NaN : factor * (5 + normal(random)),
  ),
  ...[5, 10, 30, 100].map((size) => texts(categoryName(size), size)),
  flag('flag 10 %', 'feature', 0.1),
  flag('flag 2 %', 'feature', 0.02),
  { ...numbers('score', (random, factor) => scoreOf(random, 0.01 * factor, 0.9)), role: 'score' },
  flag('flagged', 'decision', 0.01),
  flag('label', 'label', 0.01),
];

export function amountName(deviation: number): string {
  return `amount, log sd ${deviation}`;
}

export function categoryName(size: number): string {
  return `${size} categories`;
}

/** What is counted of so many rows of a column. */
export function countRows(
  spec: ColumnSpec,
  rows: number,
  draw: (row: number) => number | string,
): ColumnCounts {
  if (spec.kind === 'categorical') {
    const counter = new CategoryCounter(spec);
    for (let row = 0; row < rows; row += 1) counter.add(String(draw(row)));
    return counter.taken();
  }
  const counter = new NumberCounter(spec);
  for (let row = 0; row < rows; row += 1) counter.add(Number(draw(row)));
  return counter.taken();
}

/** The bins of a column from so many rows, and those rows counted into them. */
export function baselineOf(
  { column, role, values, draw }: SimulatedColumn,
  rows: number,
  random: Random,
): { readonly spec: ColumnSpec; readonly counts: ColumnCounts } {
  const drawn = Array.from({ length: rows }, () => draw(random, 1));
  const named = { column, role, values };
  const spec = values === 'texts' ? textSpec(named, frequencies(drawn)) : numberSpec(named, numbersOf(drawn));
  return { spec, counts: countRows(spec, rows, (row) => drawn[row]!) };
}

/**
 * A calibrated score of a row, positive with probability `rate`: evidence is normal with variance 1 in both classes, as
 * far apart as the AUC says, and the score is the probability that was right at a rate of 1 %.
 */
export function scoreOf(random: Random, rate: number, auc: number): number {
  const apart = Math.SQRT2 * QUANTILES[auc]!;
  const evidence = normal(random) + (random() < rate ? apart : 0);
  return 1 / (1 + Math.exp(Math.log(0.99 / 0.01) - apart * evidence + (apart * apart) / 2));
}

/** Quantiles of the standard normal distribution. */
const QUANTILES: Readonly<Record<number, number>> = {
  0.9: 1.2815515655446004,
  0.93: 1.475791028179171,
  0.97: 1.880793608151251,
};

function numbers(column: string, draw: SimulatedColumn['draw']): SimulatedColumn {
  return { column, role: 'input', values: 'numbers', draw };
}

function flag(column: string, role: ColumnRole, rate: number): SimulatedColumn {
  return { column, role, values: 'flags', draw: (random, factor) => (random() < rate * factor ? 1 : 0) };
}

/** Categories with shares as 1, 1/2, 1/3 …; the day's factor is the first one's. */
function texts(column: string, size: number): SimulatedColumn {
  const upTo: number[] = [];
  for (let category = 0; category < size; category += 1) {
    upTo.push((upTo.at(-1) ?? 0) + 1 / (category + 1));
  }
  const names = upTo.map((_, category) => `c${category}`);
  const draw = (random: Random, factor: number): string => {
    const at = random() * (upTo.at(-1)! + factor - 1) - (factor - 1);
    return names[upTo.findIndex((end) => at < end)]!;
  };
  return { column, role: 'input', values: 'texts', draw };
}

function frequencies(drawn: readonly (number | string)[]): Map<string, number> {
  const rows = new Map<string, number>();
  for (const value of drawn) rows.set(String(value), (rows.get(String(value)) ?? 0) + 1);
  return rows;
}

function numbersOf(drawn: readonly (number | string)[]): Float64Array {
  return Float64Array.from(drawn, Number);
}
