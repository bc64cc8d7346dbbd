import { customersOf, day, mostCustomers } from './customers.ts';
import type { Drift } from './drift.ts';
import { episodeOf } from './episodes.ts';
import type { Draft, World } from './episodes.ts';
import { randomFrom } from './random.ts';
import type { Random } from './random.ts';
import { driftRow, rowOf } from './rows.ts';
import type { Transaction } from './rows.ts';
import { everyday } from './behaviour.ts';
import { frauds, lookAlikes } from './scenarios.ts';
import type { Behaviour } from './behaviour.ts';

export { driftGrammar, parseDrift } from './drift.ts';
export type { Drift } from './drift.ts';
export { columns } from './rows.ts';
export type { Transaction } from './rows.ts';

export interface GeneratorOptions {
  readonly rows: number;
  /** Draws the transactions. The customers do not depend on it: other seeds show other days of the same people. */
  readonly seed: number;
  /** Share of frauds among the rows; default 0.01. */
  readonly fraudRate?: number;
  /** The window of `transaction_ts`: epoch milliseconds, `to` excluded. Default: the 90 days before 2026. */
  readonly from?: number;
  readonly to?: number;
  /** Customers to draw from: the first ones of the population; default 20,000. */
  readonly accounts?: number;
  readonly drift?: readonly Drift[];
  /** Another bank's customers; only comparisons of populations need it. */
  readonly populationSeed?: number;
}

export interface GeneratedRow {
  readonly row: Transaction;
  /** The fraud or look-alike scenario that the row belongs to; undefined for everyday purchases. */
  readonly scenario: string | undefined;
}

/**
 * The command line switches that only this generator has. `parse` makes of the text what the option of the flag's
 * name takes (a RangeError says what is wrong with it).
 */
export const switches = [
  {
    flags: '--fraud-rate <share>',
    description: 'share of frauds among the rows (default: 0.01)',
    parse: (text: string): number => {
      const share = Number(text);
      check(text.trim() !== '' && share >= 0 && share <= 1, 'It has to be between 0 and 1.');
      return share;
    },
  },
] as const;

const defaultEnd = Date.UTC(2026, 0, 1);
const defaultPopulation = 20_251_231;

/**
 * Labelled card transactions in order of time, a function of the options alone. Throws a RangeError for options that
 * make no sense. Without `drift`, every seed and every window shows the same population.
 */
export function* generate(options: GeneratorOptions): Generator<GeneratedRow, void, undefined> {
  const { rows, seed, fraudRate = 0.01, accounts = 20_000, drift = [] } = options;
  const to = options.to ?? defaultEnd;
  const from = options.from ?? to - 90 * day;
  check(Number.isSafeInteger(rows) && rows >= 0, 'rows must be a whole number from 0');
  check(Number.isSafeInteger(seed), 'seed must be a whole number');
  check(fraudRate >= 0 && fraudRate <= 1, 'fraudRate must be between 0 and 1');
  check(
    Number.isSafeInteger(accounts) && accounts >= 1 && accounts <= mostCustomers,
    `accounts must be a whole number from 1 to ${mostCustomers}`,
  );
  check(
    Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && from < to,
    'from must be a time before to',
  );

  const customers = customersOf(accounts, options.populationSeed ?? defaultPopulation);
  // The window is part of the seeding: the same seed on another day is other transactions with other ids.
  const random = randomFrom(seed, from, to, 1);
  const drafts = draftsOf(planOf(rows, fraudRate, drift, random), { customers, from, to }, random);
  drafts.sort((a, b) => a.time - b.time);

  const ids = randomFrom(seed, from, to, 2);
  const changes = randomFrom(seed, from, to, 3);
  const fraudulent = new Set([
    ...frauds,
    ...drift.flatMap((change) => (change.kind === 'scenario' ? [change.scenario] : [])),
  ]);
  for (const draft of drafts) {
    const row = rowOf(draft, customers.monthlySpend[draft.place]!, fraudulent.has(draft.behaviour), ids);
    driftRow(row, drift, changes);
    yield { row, scenario: draft.behaviour === everyday ? undefined : draft.behaviour.name };
  }
}

interface Quota {
  readonly behaviour: Behaviour;
  readonly rows: number;
}

/** How many rows each behaviour gets: shares of the rows, fractions rounded up or down at random. */
function planOf(rows: number, fraudRate: number, drift: readonly Drift[], random: Random): Quota[] {
  let left = rows;
  const quota = (behaviour: Behaviour, wanted: number): Quota => {
    const count = Math.min(left, Math.floor(wanted + random.next()));
    left -= count;
    return { behaviour, rows: count };
  };
  const total = frauds.reduce((sum, fraud) => sum + fraud.share, 0);
  const plan = frauds.map((fraud) => quota(fraud, (rows * fraudRate * fraud.share) / total));
  for (const change of drift) {
    if (change.kind === 'scenario') plan.push(quota(change.scenario, rows * change.share));
  }
  const honest = left;
  for (const lookAlike of lookAlikes) plan.push(quota(lookAlike, honest * lookAlike.share));
  plan.push({ behaviour: everyday, rows: left });
  return plan;
}

/** Episodes until each quota is met; of one that is too long a random part is kept, so short data sets are not biased. */
function draftsOf(plan: readonly Quota[], world: World, random: Random): Draft[] {
  const drafts: Draft[] = [];
  for (const { behaviour, rows } of plan) {
    for (let left = rows; left > 0;) {
      const episode = episodeOf(behaviour, world, random);
      while (episode.length > left) episode.splice(random.below(episode.length), 1);
      drafts.push(...episode);
      left -= episode.length;
    }
  }
  return drafts;
}

function check(holds: boolean, message: string): void {
  if (!holds) throw new RangeError(message);
}
