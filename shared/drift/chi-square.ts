import { chiSquareTail } from './incomplete-gamma.ts';
import { sharesOf } from './psi.ts';

export interface ChiSquare {
  readonly statistic: number;
  readonly degrees: number;
  /** 1 where fewer than two categories have rows. */
  readonly pValue: number;
}

/**
 * Pearson's chi-square test that two windows have the same shares of each category (homogeneity, no continuity
 * correction).
 * @param reference rows of each category
 * @param current rows of the same categories
 * @param leastExpected categories of which either window would expect fewer rows are judged together: with 5 the p-value
 * holds for rare ones, too; with 0 every category counts for itself
 */
export function chiSquare(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  leastExpected = 0,
): ChiSquare {
  const [n, m] = [totalOf(reference), totalOf(current)];
  const smaller = Math.min(n, m) / (n + m);
  const kept: [number, number][] = [];
  const rare: [number, number] = [0, 0];
  for (let category = 0; category < reference.length; category += 1) {
    const [before, now] = [reference[category]!, current[category]!];
    if ((before + now) * smaller >= leastExpected) kept.push([before, now]);
    else {
      rare[0] += before;
      rare[1] += now;
    }
  }
  const cells = [...kept, rare].filter(([before, now]) => before + now > 0);
  if (n === 0 || m === 0 || cells.length < 2) return { statistic: 0, degrees: 0, pValue: 1 };
  const statistic = cells.reduce((sum, [before, now]) => {
    // Both windows' terms in one: their deviations from what is expected are equal and opposite.
    const deviation = (before * m - now * n) / (n + m);
    return sum + (deviation * deviation * (n + m) ** 2) / ((before + now) * n * m);
  }, 0);
  const degrees = cells.length - 1;
  return { statistic, degrees, pValue: chiSquareTail(statistic, degrees) };
}

/** Half the sum of the absolute differences of the shares: the largest difference that any set of categories shows. */
export function totalVariation(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  const [p, q] = [sharesOf(reference), sharesOf(current)];
  const sum = p.reduce((total, share, category) => total + Math.abs(share - q[category]!), 0);
  // Many small shares add up to a hair more than 1.
  return Math.min(1, sum / 2);
}

function totalOf(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let category = 0; category < counts.length; category += 1) sum += counts[category]!;
  return sum;
}
