import type { Profile } from '../../shared/training/profile.ts';
import { UNLABELLED } from '../../shared/training/profile.ts';
import { periodsOf, rateOf } from './bins.ts';
import { type Correlation, ranksOf } from './correlations.ts';
import { shownNumber, shownShare } from '../../shared/page/html.ts';

const MUCH_MISSING = 0.05;
const STRONG = 0.9;
/** A single column that ranks the labels this well is more likely a leak than a feature. */
const LEAK_AUC = 0.97;

/** What a person should look at first, a sentence each. */
export function findingsOf(profile: Profile, correlations: readonly Correlation[]): string[] {
  return [
    ...ofLabel(profile),
    ...profile.columns.flatMap((column) => {
      const { name, rows, missing, mistyped, distinct } = column;
      const unknown = undeclared(column);
      return [
        ...(missing / rows > MUCH_MISSING
          ? [`${name}: ${shownShare(missing / rows)} of the values are missing.`]
          : []),
        ...(mistyped > 0 ? [`${name}: ${shownNumber(mistyped)} values are not of the column’s type.`] : []),
        ...(distinct === 1 && missing === 0 ? [`${name}: the same value in every row.`] : []),
        ...(unknown.length > 0
          ? [`${name}: values that the model does not know: ${unknown.slice(0, 5).join(', ')}.`]
          : []),
        ...(column.column === undefined
          ? [`${name}: the model does not know this column; it is kept but is no feature.`]
          : []),
      ];
    }),
    ...leaks(profile),
    ...correlations
      .filter(({ a, value }) => Math.abs(value) > STRONG && a !== profile.label)
      .map(({ a, b, value }) => `${a} and ${b} say nearly the same (rank correlation ${value.toFixed(2)}).`),
  ];
}

function ofLabel(profile: Profile): string[] {
  const { label, labels } = profile;
  if (label === undefined) return [];
  const without = labels.filter((value) => value === UNLABELLED).length;
  const rates = periodsOf(profile).bins.flatMap(
    ({ positives, labelled }) => rateOf(positives, labelled) ?? [],
  );
  const lowest = rates.reduce((low, rate) => (rate.upper < low.upper ? rate : low), { rate: 1, upper: 1 });
  const highest = rates.reduce((high, rate) => (rate.lower > high.lower ? rate : high), {
    rate: 0,
    lower: 0,
  });
  return [
    ...(without > 0 ? [`${label}: ${shownNumber(without)} rows have no label, which training refuses.`] : []),
    ...(lowest.upper < highest.lower && highest.rate > 2 * lowest.rate
      ? [
          `${label}: the label rate is not steady; it moves between ${shownShare(lowest.rate)} and ${shownShare(highest.rate)}.`,
        ]
      : []),
  ];
}

function undeclared({ column, values }: Profile['columns'][number]): string[] {
  const { categories } = column ?? {};
  return categories === undefined
    ? []
    : values.map(({ value }) => value).filter((value) => !categories.includes(value));
}

/** Columns that alone rank the labels too well: by the area under the ROC curve, from ranks (Mann and Whitney). */
function leaks({ columns, labels, label }: Profile): string[] {
  return columns.flatMap(({ name, numbers, column }) => {
    if (numbers === undefined || name === label || column?.ignored !== undefined) return [];
    const ranks = ranksOf(numbers);
    let [positives, negatives, sum] = [0, 0, 0];
    // Ranks count all rows with a number; unlabelled ones would blur them, and are then not judged.
    for (const [row, rank] of ranks.entries()) {
      if (Number.isNaN(rank)) continue;
      if (labels[row] === UNLABELLED) return [];
      if (labels[row] === 1) {
        positives += 1;
        sum += rank + 1;
      } else negatives += 1;
    }
    const area = (sum - (positives * (positives + 1)) / 2) / (positives * negatives);
    const best = Math.max(area, 1 - area);
    return best > LEAK_AUC ? [`${name} alone predicts the label (AUC-ROC ${best.toFixed(3)}): a leak?`] : [];
  });
}
