import { z } from 'zod';
import { logMeanExp } from './likelihood.ts';

/**
 * Evidence against a null hypothesis that may be looked at after every block: E starts at 1, each block multiplies it
 * by a likelihood ratio of alternatives fixed beforehand to the nearest point of the null, and under the null
 * P(E ever reaches 1/α) <= α.
 *
 * Ville, Étude critique de la notion de collectif, 1939; Ramdas, Grünwald, Vovk and Shafer, Game-theoretic statistics
 * and safe anytime-valid inference, 2023; also where the rate that both arms share changes from block to block:
 * Lindon and Malek, Anytime-valid inference for multinomial count data, 2022.
 */

/** Of each null, in the order of the margins: the log likelihood ratio of each alternative. Empty before the first block. */
export const logRatiosSchema = z.array(z.array(z.number()).readonly()).readonly();
export type LogRatios = z.infer<typeof logRatiosSchema>;

/**
 * - `at-most`: the difference is at most the margin; evidence against it is evidence of harm
 * - `at-least`: the difference is at least the margin; evidence against it is evidence of harmlessness
 */
export type NullSide = 'at-most' | 'at-least';

/** Whether an alternative's difference lies outside of the null. One inside counts as a factor of 1. */
export function outsideNull(side: NullSide, difference: number, margin: number): boolean {
  return side === 'at-most' ? difference > margin : difference < margin;
}

/** Adds a block's log likelihood ratios. */
export function addLogRatios(before: LogRatios, block: LogRatios): number[][] {
  return block.map((ratios, at) => ratios.map((ratio, i) => (before[at]?.[i] ?? 0) + ratio));
}

/** ln E of the null with the margin at this place. */
export function logE(logRatios: LogRatios, place: number): number {
  return logMeanExp(logRatios[place] ?? []);
}

const GRID = [0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2];

/** The margins at which evidence is kept, ascending: those that bounds are told on, and the gate's own. */
export function marginGrid(margin: number): readonly number[] {
  const margins = new Set([margin, ...GRID, ...GRID.filter((step) => step > 0).map((step) => -step)]);
  return [...margins].sort((left, right) => left - right);
}

/** The greatest margin whose "at most" is rejected: the difference is above it. Null where there is none. */
export function lowerBound(
  logRatios: LogRatios,
  margins: readonly number[],
  logThreshold: number,
): number | null {
  return margins.findLast((_, place) => logE(logRatios, place) >= logThreshold) ?? null;
}

/** The least margin whose "at least" is rejected: the difference is below it. Null where there is none. */
export function upperBound(
  logRatios: LogRatios,
  margins: readonly number[],
  logThreshold: number,
): number | null {
  return margins.find((_, place) => logE(logRatios, place) >= logThreshold) ?? null;
}
