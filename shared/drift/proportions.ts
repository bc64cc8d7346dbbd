import { normalTails } from './incomplete-gamma.ts';

/** How often something happened in a window. */
export interface Proportion {
  readonly events: number;
  readonly rows: number;
}

/**
 * The two-sided z-test that two windows have the same rate, with the pooled rate's standard error.
 * @returns z, positive where the current rate is higher; p-value 1 where a window is empty or nothing varies
 */
export function compareProportions(
  reference: Proportion,
  current: Proportion,
): { readonly z: number; readonly pValue: number } {
  const pooled = (reference.events + current.events) / (reference.rows + current.rows);
  const variance = pooled * (1 - pooled) * (1 / reference.rows + 1 / current.rows);
  if (!(variance > 0 && Number.isFinite(variance))) return { z: 0, pValue: 1 };
  const z = (current.events / current.rows - reference.events / reference.rows) / Math.sqrt(variance);
  return { z, pValue: normalTails(z) };
}
