import type { ColumnEvidence, RateEvidence, Untested } from './column-evidence.ts';
import type { ColumnVerdict, Measured } from './column-verdict.ts';

/** Why a column is said to have drifted, or is not tested: sentences for people who read no statistics. */
export function reasonsOf(column: ColumnEvidence, verdict: ColumnVerdict): string[] {
  const reasons: string[] = verdict.broken ? [BROKEN[column.broken ?? 'constant']] : [];
  if (verdict.drifted) reasons.push(...verdict.found.map((measured) => sentenceOf(column, measured)));
  if (column.untested !== undefined) reasons.push(UNTESTED[column.untested]);
  return [...new Set(reasons)];
}

const BROKEN = {
  'all missing': 'No row has a value any more.',
  constant: 'Every row has the same value, which was not so before.',
} as const;

const UNTESTED: Readonly<Record<Untested, string>> = {
  identifier: 'Not tested: each row has a value of its own.',
  entity: 'Not tested: it names who acts, and others act each day.',
  calendar: 'Not tested: it follows the calendar, and differs in any day.',
  'many-categories': 'Not tested: it has too many categories for a sample to hold them.',
  ages: 'Not tested: it only grows with time.',
  'no-reference': 'Not tested: there is nothing to compare it with.',
};

function sentenceOf(column: ColumnEvidence, measured: Measured): string {
  switch (measured) {
    case 'rateRatio':
    case 'ratePValue':
      return `Its share went ${fromTo(column.rate)}.`;
    case 'missingRatio':
      return `Missing values went ${fromTo(column.missing)} of the rows.`;
    case 'outOfRangeRatio':
      return `Values outside of the range that was known went ${fromTo(column.outOfRange)} of the rows.`;
    case 'unseenShare':
      return `${percent(column.unseen?.share ?? 0)} of the rows have values that were not there before${listed(column.unseen?.values ?? [])}.`;
    case 'totalVariation':
      return `${percent(column.totalVariation ?? 0)} of the rows have moved to other values.`;
    case 'chiSquarePValue':
      return 'The shares of its values have changed by more than chance would.';
    case 'ks':
      return `${percent(column.statistics.ks ?? 0)} of the rows have moved to lower or higher values.`;
    case 'ksPValue':
      return 'Its values have changed by more than chance would.';
    case 'psi':
    case 'jensenShannon':
      return 'Its distribution has changed.';
    case 'wassersteinNormed':
      return `On average its values have moved by ${percent(column.statistics.wassersteinNormed ?? 0)} of their spread.`;
  }
}

function fromTo(rate: RateEvidence | undefined): string {
  return rate === undefined
    ? 'from one value to another'
    : `from ${percent(rate.reference)} to ${percent(rate.current)}`;
}

function listed(values: readonly string[]): string {
  return values.length === 0
    ? ''
    : `: ${values.slice(0, 3).join(', ')}${values.length > 3 ? ' and others' : ''}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
