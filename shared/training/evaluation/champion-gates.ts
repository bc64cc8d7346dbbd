import type { Comparison } from './compare.ts';
import type { GateResult } from './gate-results.ts';
import type { TrainingGates } from './training-gates.ts';

const COMPARED = [
  ['aucRoc', 'AUC-ROC'],
  ['averagePrecision', 'average precision'],
] as const;

/**
 * Judges a candidate beside the champion.
 *
 * `not-worse` fails where the interval of the difference lies below 0 or the difference below −margin, and passes where
 * the interval lies above −margin. `better` fails where the difference is below 0 or the interval below the margin, and
 * passes where the difference reaches the margin and the interval lies above 0. What is neither is inconclusive.
 *
 * @param comparison undefined where there is no champion, or no row that neither version was trained on
 */
export function championGates(
  comparison: Comparison | undefined,
  settings: TrainingGates['champion'],
): GateResult[] {
  return COMPARED.flatMap(([metric, name]): GateResult[] => {
    const setting = settings[metric];
    if (setting === null || comparison === undefined) return [];
    const gate = `champion-${metric}`;
    const difference = comparison.differences[metric];
    if (difference?.lower === undefined || difference.upper === undefined) {
      const reason = `${comparison.rows} common rows with ${comparison.positives} positive do not tell the difference in ${name}`;
      return [{ gate, verdict: 'inconclusive', reason, numbers: {} }];
    }
    const { value, lower, upper } = difference;
    const { margin } = setting;
    const isWorse = upper < 0 || value < -margin;
    const [fails, passes] =
      setting.require === 'not-worse'
        ? [isWorse, lower >= -margin]
        : [isWorse || value < 0 || upper < margin, value >= margin && lower > 0];
    const verdict = fails ? 'fail' : passes ? 'pass' : 'inconclusive';
    const said = { pass: 'is', fail: 'is not', inconclusive: 'may or may not be' }[verdict];
    const wanted = setting.require === 'better' ? `better by ${margin}` : `as good within ${margin}`;
    const reason =
      `${name} ${said} ${wanted}: ${signed(value)} against version ${comparison.champion.version}` +
      ` (${signed(lower)} to ${signed(upper)})`;
    return [{ gate, verdict, reason, numbers: { value, lower, upper, margin, rows: comparison.rows } }];
  });
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}
