/**
 * Each test's p-value, adjusted so that those of at most q are the ones to reject for a false discovery rate of q among
 * all of these tests; in the order given.
 *
 * Benjamini and Hochberg, Controlling the false discovery rate, 1995.
 */
export function adjustedPValues(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((_, test) => test).sort((a, b) => pValues[b]! - pValues[a]!);
  const adjusted = pValues.map(() => 1);
  let least = 1;
  for (const [place, test] of order.entries()) {
    least = Math.min(least, pValues[test]! * (pValues.length / (pValues.length - place)));
    adjusted[test] = least;
  }
  return adjusted;
}
