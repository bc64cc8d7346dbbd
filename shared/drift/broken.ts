import type { ColumnEvidence } from './column-evidence.ts';
import { mainEffect } from './column-verdict.ts';

/** Rows without which nothing is said of a column. */
export const LEAST_ROWS = 500;
/** How unlikely chance has to be as the reason why a column is all missing or constant. */
const CHANCE = 1e-6;
/** What a feature has to have held besides its one value: a rare category that nobody sent today breaks nothing. */
const LEAST_FEATURE_SHARE = 0.02;

/**
 * Whether a column is broken: all missing, or constant where it wasn't, and not by chance. Before, a share m of its rows
 * had that value, so n rows have it by chance with probability mⁿ; m is at most 1 - D for the Kolmogorov–Smirnov
 * statistic D, and 1 - D for the total variation D. Labels are none of it: the first to
 * arrive are often of one kind. Nor are decisions: a day on which nothing was blocked is judged as a rate.
 */
export function isBroken(column: ColumnEvidence): boolean {
  const { broken, role, rows, missing } = column;
  if (broken === undefined || role === 'label' || role === 'decision') return false;
  if (rows.current < LEAST_ROWS) return false;
  const before = broken === 'all missing' ? missing.reference : 1 - mainEffect(column).effect;
  if (role === 'feature' && 1 - before < LEAST_FEATURE_SHARE) return false;
  return before ** rows.current < CHANCE;
}
