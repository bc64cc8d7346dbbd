import type { categories } from './customers.ts';

export type CategoryName = (typeof categories)[number]['name'];

/**
 * How one kind of behaviour leaves its traces in the rows: a purchase of everyday life, an honest habit that looks
 * suspicious, or a fraud. An episode is one customer's run of transactions that belong together.
 */
export interface Behaviour {
  readonly name: string;
  /** Frauds: share of the frauds. Honest behaviour: share of all rows. */
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

export const frauds: readonly Behaviour[] = [
  {
    // Stolen numbers are tried with small amounts, many in a row, by a script.
    name: 'card_testing',
    share: 0.26,
    rows: [3, 8],
    minutes: 40,
    amount: { median: 5, spread: 0.9, of: 'currency' },
    categories: { retail: 3, dining: 3, digital_goods: 3, entertainment: 3, grocery: 2 },
    oneMerchant: true,
    hours: { share: 0.5, from: 2, to: 7 },
    abroad: 0.4,
    foreignCurrency: 0.1,
    newDevice: 1,
    bold: {
      share: 0.6,
      rows: [6, 12],
      amount: { median: 2, spread: 0.35, of: 'currency' },
      hours: { share: 0.8, from: 3, to: 6 },
      abroad: 0.8,
    },
  },
  {
    // Someone else holds the login of an old account that is not watched, and takes as much as the card gives: from a
    // new device, at odd hours.
    name: 'account_takeover',
    share: 0.28,
    rows: [1, 3],
    minutes: 60,
    amount: { median: 2.4, spread: 0.7, of: 'usual' },
    categories: { electronics: 2, retail: 4, travel: 2, digital_goods: 2, dining: 2, grocery: 2 },
    hours: { share: 0.6, from: 4, to: 8 },
    abroad: 0.4,
    foreignCurrency: 0.1,
    tenure: [1000, 6000],
    newDevice: 1,
    dormant: true,
    bold: {
      share: 0.6,
      amount: { median: 0.17, spread: 0.25, of: 'month' },
      categories: { electronics: 4, retail: 4, travel: 1 },
      hours: { share: 0.9, from: 5, to: 8 },
      abroad: 0.85,
    },
  },
  {
    // Cards copied at a tapped merchant, used as inconspicuously as possible, often from another country.
    name: 'compromised_merchant',
    share: 0.22,
    rows: [1, 2],
    minutes: 60,
    amount: { median: 2, spread: 0.6, of: 'usual' },
    categories: { retail: 4, electronics: 1, dining: 3, grocery: 3, entertainment: 1 },
    compromised: true,
    hours: { share: 0.4, from: 9, to: 13 },
    abroad: 0.5,
    foreignCurrency: 0.1,
    newDevice: 0.6,
    bold: {
      share: 0.6,
      amount: { median: 0.08, spread: 0.22, of: 'month' },
      categories: { retail: 4, grocery: 3 },
      hours: { share: 0.9, from: 10, to: 13 },
      abroad: 0.95,
    },
  },
  {
    // A young account spends all it can within days and never pays: at home, by day, on its own device.
    name: 'bust_out',
    share: 0.24,
    rows: [2, 5],
    minutes: 600,
    amount: { median: 3, spread: 0.6, of: 'usual' },
    categories: { electronics: 2, retail: 4, travel: 2, dining: 2, grocery: 2 },
    tenure: [60, 400],
    abroad: 0.05,
    foreignCurrency: 0.04,
    newDevice: 0.05,
    busier: 1,
    bold: {
      share: 0.6,
      rows: [4, 9],
      amount: { median: 0.14, spread: 0.28, of: 'month' },
      categories: { electronics: 4, retail: 4, travel: 2 },
      tenure: [90, 250],
      busier: 3,
    },
  },
];

export const lookAlikes: readonly Behaviour[] = [
  {
    // Subscriptions and in-app purchases are charged in bursts, often at night.
    name: 'subscription_burst',
    share: 0.04,
    rows: [3, 12],
    minutes: 20,
    amount: { median: 6, spread: 0.9, of: 'currency' },
    categories: { digital_goods: 4, entertainment: 4, retail: 2, dining: 2, utilities: 1 },
    hours: { share: 0.5, from: 0, to: 4 },
    abroad: 0.04,
    foreignCurrency: 0.12,
    newDevice: 0.05,
    resembles: 'card_testing',
  },
  {
    // Abroad, at the hours of another time zone, some of it (hotels, flights) large.
    name: 'travel',
    share: 0.06,
    rows: [1, 1],
    minutes: 0,
    amount: { median: 2.4, spread: 0.9, of: 'usual' },
    hours: { share: 0.25, from: 4, to: 9 },
    categories: { travel: 4, dining: 5, retail: 4, entertainment: 2, electronics: 1, grocery: 2 },
    abroad: 1,
    localCurrency: 0.75,
    foreignCurrency: 0,
    newDevice: 0.15,
    busier: 1.5,
    resembles: 'account_takeover',
  },
  {
    // Large purchases late in the evening, some with a new telephone.
    name: 'night_shopping',
    share: 0.03,
    rows: [1, 2],
    minutes: 60,
    amount: { median: 2.5, spread: 0.8, of: 'usual' },
    categories: { electronics: 3, retail: 4, digital_goods: 2, travel: 1 },
    hours: { share: 0.9, from: 0, to: 4 },
    abroad: 0.03,
    foreignCurrency: 0.08,
    newDevice: 0.4,
    resembles: 'account_takeover',
  },
  {
    // Buying in a shop abroad, from home, or through a private network that ends abroad.
    name: 'foreign_shop',
    share: 0.03,
    rows: [1, 1],
    minutes: 0,
    amount: { median: 1.8, spread: 0.7, of: 'usual' },
    categories: { retail: 5, electronics: 2, digital_goods: 2 },
    abroad: 0.35,
    foreignCurrency: 0.6,
    newDevice: 0.1,
    resembles: 'compromised_merchant',
  },
  {
    name: 'holiday_shopping',
    share: 0.04,
    rows: [3, 10],
    minutes: 300,
    amount: { median: 2.6, spread: 0.8, of: 'usual' },
    categories: { retail: 6, electronics: 3, dining: 2, grocery: 1 },
    abroad: 0.03,
    foreignCurrency: 0.05,
    newDevice: 0.03,
    busier: 1,
    resembles: 'bust_out',
  },
  {
    // People who just opened an account furnish a flat.
    name: 'new_customer',
    share: 0.012,
    rows: [1, 2],
    minutes: 400,
    amount: { median: 3.2, spread: 0.7, of: 'usual' },
    categories: { electronics: 3, retail: 5, travel: 2, utilities: 1 },
    tenure: [1, 500],
    abroad: 0.05,
    foreignCurrency: 0.04,
    newDevice: 0.2,
    resembles: 'bust_out',
  },
];

/** Scenarios that the default mix does not know; `scenario=name` adds one. */
export const laterFrauds: readonly Behaviour[] = [
  {
    // A caller persuades the customer to pay: own device, own country, by day, a few large round purchases.
    name: 'gift_card_scam',
    share: 0,
    rows: [2, 5],
    minutes: 120,
    amount: { median: 3, spread: 0.4, of: 'usual' },
    categories: { digital_goods: 5, grocery: 3 },
    oneMerchant: true,
    abroad: 0.01,
    foreignCurrency: 0.01,
    newDevice: 0,
  },
  {
    // Bookings that are cancelled against another card.
    name: 'refund_abuse',
    share: 0,
    rows: [2, 6],
    minutes: 900,
    amount: { median: 2, spread: 0.5, of: 'usual' },
    categories: { travel: 4, electronics: 2 },
    abroad: 0.2,
    foreignCurrency: 0.2,
    newDevice: 0.3,
    busier: 2,
  },
];
