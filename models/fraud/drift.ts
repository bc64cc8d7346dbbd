import { frauds, laterFrauds } from './scenarios.ts';
import type { Behaviour } from './behaviour.ts';

/** Columns whose values a drift may scale or shift; counts and days stay whole numbers, nothing becomes negative. */
export const numericColumns = [
  'amount',
  'avg_monthly_spend',
  'customer_tenure_days',
  'num_prev_tx_24h',
] as const;
/** Columns that may get a new category. */
export const categoryColumns = ['currency', 'merchant_category', 'ip_geo_country'] as const;

export type NumericColumn = (typeof numericColumns)[number];
export type CategoryColumn = (typeof categoryColumns)[number];

/** One change of the population. Several apply in the order given. */
export type Drift =
  | { readonly kind: 'scale'; readonly column: NumericColumn; readonly factor: number }
  | { readonly kind: 'shift'; readonly column: NumericColumn; readonly by: number }
  | {
      readonly kind: 'category';
      readonly column: CategoryColumn;
      readonly value: string;
      readonly share: number;
    }
  | { readonly kind: 'scenario'; readonly scenario: Behaviour; readonly share: number };

/** The grammar of `parseDrift`, for messages and --help. */
export const driftGrammar = [
  'column=xFACTOR      scales a numeric column (amount=x2)',
  'column=+N, column=-N  shifts it (amount=+50)',
  `                    numeric columns: ${numericColumns.join(', ')}`,
  'column=VALUE:SHARE  gives a share of the rows another category (currency=XXX:0.1)',
  `                    category columns: ${categoryColumns.join(', ')}`,
  'scenario=NAME[:SHARE]  adds frauds of a scenario as a share of all rows (default 0.005)',
  `                    new ones: ${laterFrauds.map((fraud) => fraud.name).join(', ')}; more of: ${frauds.map((fraud) => fraud.name).join(', ')}`,
].join('\n');

const defaultScenarioShare = 0.005;
const number = String.raw`\d+(?:\.\d+)?`;

/**
 * Reads one drift switch; `driftGrammar` lists the forms. Throws a RangeError that says what is wrong with the text.
 */
export function parseDrift(text: string): Drift {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(equals, 0)).trim();
  const change = text.slice(equals + 1).trim();
  if (equals < 0 || change === '') throw wrong(text, 'it is not of the form column=change');
  if (name === 'scenario') return scenarioDrift(text, change);

  const numeric = numericColumns.find((column) => column === name);
  if (numeric !== undefined) {
    const scale = new RegExp(`^[x*](${number})$`).exec(change);
    if (scale) return { kind: 'scale', column: numeric, factor: Number(scale[1]) };
    const shift = new RegExp(`^[+-]${number}$`).exec(change);
    if (shift) return { kind: 'shift', column: numeric, by: Number(change) };
    throw wrong(text, `${name} takes xFACTOR, +N or -N`);
  }
  const category = categoryColumns.find((column) => column === name);
  if (category !== undefined) {
    const parts = new RegExp(`^(.+):(${number})$`).exec(change);
    if (!parts) throw wrong(text, `${name} takes VALUE:SHARE`);
    return { kind: 'category', column: category, value: parts[1]!, share: shareOf(text, parts[2]!) };
  }
  throw wrong(text, `'${name}' can't drift`);
}

function scenarioDrift(text: string, change: string): Drift {
  const [name, share, ...rest] = change.split(':');
  const scenario = [...laterFrauds, ...frauds].find((fraud) => fraud.name === name);
  if (!scenario || rest.length > 0) throw wrong(text, `there is no scenario '${change}'`);
  return {
    kind: 'scenario',
    scenario,
    share: share === undefined ? defaultScenarioShare : shareOf(text, share),
  };
}

function shareOf(text: string, share: string): number {
  const value = Number(share);
  if (!(share !== '' && value >= 0 && value <= 1)) throw wrong(text, 'the share must be between 0 and 1');
  return value;
}

function wrong(text: string, reason: string): RangeError {
  return new RangeError(`Drift '${text}' is not understood: ${reason}.\n${driftGrammar}`);
}
