import type { ColumnEvidence } from './column-evidence.ts';
import { chosenFor, type ColumnVerdict, type DriftPolicy, thresholdFor, untested } from './column-verdict.ts';
import { judgeBy } from './judge-by.ts';

const THRESHOLD = 0.1;

/** Policy `ks`: a numeric column whose Kolmogorov–Smirnov p-value is under 0.1. Other columns are not tested. */
export const ksPolicy: DriftPolicy = (columns, { settings }) => {
  const verdictOf = (column: ColumnEvidence): ColumnVerdict => {
    if (column.untested !== undefined) return untested(column);
    const chosen = chosenFor(column, settings);
    if (chosen !== undefined) return judgeBy(column, chosen);
    // A column of two numbers has the statistic where its rows were compared, and none where they were binned.
    const value = column.statistics.ksPValue;
    if (value === undefined) return judgeBy(column, undefined);
    return judgeBy(column, {
      measured: 'ksPValue',
      value,
      threshold: thresholdFor(column, settings, THRESHOLD),
    });
  };
  return columns.map(verdictOf);
};
