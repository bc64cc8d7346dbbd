import type { Random } from '../random.ts';

/** P(X <= k) of the Poisson distribution with mean 1; beyond the last, P < 1e-10. */
const CUMULATIVE = cumulative(13);

function cumulative(terms: number): Float64Array {
  const sums = new Float64Array(terms);
  let [term, sum] = [Math.exp(-1), 0];
  for (let k = 0; k < terms; k += 1) {
    if (k > 0) term /= k;
    sum += term;
    sums[k] = sum;
  }
  return sums;
}

/** Fills `counts` with draws from the Poisson distribution of mean 1, by inversion. */
export function drawPoisson(counts: Uint8Array, random: Random): void {
  const [none, one] = [CUMULATIVE[0]!, CUMULATIVE[1]!];
  for (let index = 0; index < counts.length; index += 1) {
    const u = random();
    let k = 0;
    if (u >= none) {
      k = 1;
      if (u >= one) for (k = 2; k < CUMULATIVE.length && u >= CUMULATIVE[k]!;) k += 1;
    }
    counts[index] = k;
  }
}
