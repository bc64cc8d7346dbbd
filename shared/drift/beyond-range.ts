/**
 * How likely at least so many of `current` rows lie outside of the range of `reference` rows, both sides together,
 * where both come from the same distribution. The range is the reference's own, so that none of its rows lie outside,
 * and a test of two proportions would find drift in every larger window: by exchangeability each further row beyond the
 * greatest or least of the reference has the same odds, and the count is the number of failures before the second
 * success of probability reference / (reference + current) (Wilks, 1942; the negative hypergeometric distribution).
 *
 * @param share of the current rows, 0 to 1
 * @returns the p-value; 1 where no row lies outside
 */
export function beyondRangePValue(reference: number, current: number, share: number): number {
  const outside = Math.round(share * current);
  if (outside <= 0 || reference <= 0) return 1;
  const inside = reference / (reference + current);
  // P(at most one success in outside + 1 trials)
  return Math.min(1, (1 - inside) ** outside * (1 - inside + (outside + 1) * inside));
}
