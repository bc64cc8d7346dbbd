/**
 * What turns a column's values into whole numbers, whose sums are the same in whichever order they are added. A value
 * counts as `round((value - centre) * 2 ** bits)` units.
 */
export interface ValueScale {
  readonly centre: number;
  readonly bits: number;
}

/** What the middle 99.9 % of the reference reach, in units: each is a 16-millionth of it. */
const USUAL_BITS = 24;
/** Values count for at most so many units, 1,024 times as much: 2^29 rows of them still fit into 64 bits. */
export const MAX_UNITS = 2 ** 34;
/** Squares are of coarser units, so that each is exact as a number. */
export const SQUARE_BITS = -8;
export const MAX_SQUARED_UNITS = MAX_UNITS * 2 ** SQUARE_BITS;
/** Keeps the scale itself a usual number. */
export const MAX_SCALE_BITS = 1_000;

/**
 * The scale of a reference, centred at its median so that a large constant part costs no precision.
 * @param sorted in ascending order, finite
 */
export function valueScale(sorted: Float64Array): ValueScale {
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)] ?? 0;
  const centre = at(0.5);
  const reach = (tail: number) => Math.max(centre - at(tail), at(1 - tail) - centre);
  const spread = reach(0.0005) || reach(0) || Math.max(1, Math.abs(centre));
  const bits = USUAL_BITS - Math.ceil(Math.log2(spread));
  return {
    // Without the sign of -0, which JSON does not keep
    centre: centre + 0,
    bits: Math.max(-MAX_SCALE_BITS, Math.min(MAX_SCALE_BITS, bits)),
  };
}
