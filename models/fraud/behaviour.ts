import type { categories } from './customers.ts';

export type CategoryName = (typeof categories)[number]['name'];

/**
 * How one kind of behaviour leaves its traces in the rows: a purchase of everyday life, an honest habit that looks
 * suspicious, or a fraud. An episode is one customer's run of transactions that belong together.
 */
export interface Behaviour {
  readonly name: string;
  /** Frauds: share of the frauds. Honest behaviour: share of the honest rows. */
  readonly share: number;
  /** Rows in an episode, and the minutes over which they are spread. */
  readonly rows: readonly [least: number, most: number];
  readonly minutes: number;
  /** Median amount, in units of the customer's usual purchase, of a usual month's spend, or of the currency, and the log's deviation. */
  readonly amount: {
    readonly median: number;
    readonly spread: number;
    readonly of: 'usual' | 'month' | 'currency';
  };
  /** The customer's own mix of categories, or weights of some. All rows of an episode are at one merchant if `oneMerchant`. */
  readonly categories?: Partial<Record<CategoryName, number>>;
  readonly oneMerchant?: boolean;
  /** When: in the customer's own hours, or a share of the episodes between two hours and the others at any time. */
  readonly hours?: { readonly share: number; readonly from: number; readonly to: number };
  /** Shares of episodes whose IP address is abroad, and with another currency than the customer's. */
  readonly abroad: number;
  readonly foreignCurrency: number;
  /** Transactions abroad are in the local currency with this probability. */
  readonly localCurrency?: number;
  /** Only customers of this tenure, in days. */
  readonly tenure?: readonly [least: number, most: number];
  /** Share of episodes on a device the customer never used before. */
  readonly newDevice: number;
  /** Earlier transactions of the day on top of the customer's habit (mean of a Poisson). */
  readonly busier?: number;
  /** The customer did nothing in the 24 hours before. */
  readonly dormant?: boolean;
  /** The row's merchant is one of the few whose terminals are tapped that week. */
  readonly compromised?: boolean;
  /** A share of the episodes hides less, and differs in these. */
  readonly bold?: { readonly share: number } & Partial<
    Pick<Behaviour, 'rows' | 'amount' | 'categories' | 'hours' | 'abroad' | 'tenure' | 'busier'>
  >;
  /** Honest behaviour: the fraud it can be mistaken for. */
  readonly resembles?: string;
}

/** What is left of the rows after frauds and look-alikes. */
export const everyday: Behaviour = {
  name: 'everyday',
  share: 1,
  rows: [1, 1],
  minutes: 0,
  amount: { median: 1, spread: 0.6, of: 'usual' },
  abroad: 0.03,
  foreignCurrency: 0.03,
  newDevice: 0.03,
};
