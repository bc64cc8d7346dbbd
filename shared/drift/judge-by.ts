import { isBroken } from './broken.ts';
import type { ColumnEvidence } from './column-evidence.ts';
import { type ColumnVerdict, isBeyond, type Measured, untested } from './column-verdict.ts';

/**
 * The verdict of a policy that holds a column to one number, whatever the number of rows and of columns.
 * @param held undefined where the policy has nothing for such a column
 */
export function judgeBy(
  column: ColumnEvidence,
  held: { readonly measured: Measured; readonly value: number; readonly threshold: number } | undefined,
): ColumnVerdict {
  const broken = isBroken(column);
  if (held === undefined) {
    const { measured } = untested(column);
    return { ...untested(column), drifted: broken, found: broken ? [measured] : [], broken };
  }
  const { measured, value, threshold } = held;
  const drifted = broken || isBeyond(measured, value, threshold);
  return {
    measured,
    driftScore: value,
    threshold,
    drifted,
    tested: true,
    found: drifted ? [measured] : [],
    broken,
  };
}
