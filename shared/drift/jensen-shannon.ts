import { sharesOf } from './psi.ts';

/**
 * The Jensen–Shannon distance of two distributions over the same bins or categories: the root of the divergence, in
 * natural logarithms, from 0 to √ln 2. Symmetric, and finite also where a bin is empty on one side.
 *
 * Lin, Divergence measures based on the Shannon entropy, 1991.
 * @param reference rows of each bin, at least one row
 * @param current rows of the same bins, at least one row
 */
export function jensenShannon(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  const [p, q] = [sharesOf(reference), sharesOf(current)];
  let sum = 0;
  for (let bin = 0; bin < p.length; bin += 1) {
    const middle = (p[bin]! + q[bin]!) / 2;
    sum += towards(p[bin]!, middle) + towards(q[bin]!, middle);
  }
  // Rounding may leave a hair below zero where nothing differs.
  return Math.sqrt(Math.max(0, sum / 2));
}

function towards(share: number, middle: number): number {
  return share === 0 ? 0 : share * Math.log(share / middle);
}
