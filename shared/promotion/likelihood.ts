/**
 * Where the sum of weights[i] · ln|t + shifts[i]| is greatest for low < t < high; the sum is concave and falls to minus
 * infinity at both ends. Newton's method, held inside the bracket by bisection.
 */
export function likeliest(
  weights: readonly number[],
  shifts: readonly number[],
  low: number,
  high: number,
): number {
  let [below, above] = [low, high];
  let t = (low + high) / 2;
  for (let round = 0; round < 200; round += 1) {
    let slope = 0;
    let bend = 0;
    for (let i = 0; i < weights.length; i += 1) {
      const term = weights[i]! / (t + shifts[i]!);
      slope += term;
      bend += term / (t + shifts[i]!);
    }
    if (slope > 0) below = t;
    else above = t;
    const newton = t + slope / bend;
    const next = newton > below && newton < above ? newton : (below + above) / 2;
    if (Math.abs(next - t) <= 1e-13 * Math.abs(next - low)) return next;
    t = next;
  }
  return t;
}

/** ln of the mean of exp(values); 0 where there are none: no evidence is a factor of 1. */
export function logMeanExp(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const greatest = Math.max(...values);
  let sum = 0;
  for (const value of values) sum += Math.exp(value - greatest);
  return greatest + Math.log(sum / values.length);
}

/** A rate that can be taken the logarithm of, and so can the rest. */
export function clipRate(rate: number): number {
  return Math.min(1 - 1e-6, Math.max(1e-7, rate));
}
