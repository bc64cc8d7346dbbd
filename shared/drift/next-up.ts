const number = new Float64Array(1);
const bits = new BigInt64Array(number.buffer);

/** The least number that is greater than a finite one: `[v, nextUp(v))` holds v and nothing else. IEEE 754, nextUp. */
export function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  number[0] = value;
  bits[0]! += value > 0 ? 1n : -1n;
  return number[0];
}
