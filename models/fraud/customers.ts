import { hash, uniform } from './random.ts';

export const day = 86_400_000;

/** Where customers live, their currency, and the share of customers there. */
export const homes = [
  { country: 'CA', currency: 'CAD', share: 0.4 },
  { country: 'US', currency: 'USD', share: 0.22 },
  { country: 'GB', currency: 'GBP', share: 0.12 },
  { country: 'AU', currency: 'AUD', share: 0.08 },
  { country: 'IN', currency: 'INR', share: 0.06 },
  { country: 'DE', currency: 'EUR', share: 0.04 },
  { country: 'FR', currency: 'EUR', share: 0.03 },
  { country: 'ES', currency: 'EUR', share: 0.02 },
  { country: 'IT', currency: 'EUR', share: 0.02 },
  { country: 'NL', currency: 'EUR', share: 0.01 },
] as const;

/**
 * Merchant categories: how often people buy there, and a purchase against a customer's usual one. Prices have the
 * same level in every currency, so a mix of currencies does not widen the amounts.
 */
export const categories = [
  { name: 'grocery', weight: 0.27, price: 0.8 },
  { name: 'retail', weight: 0.2, price: 1.2 },
  { name: 'dining', weight: 0.16, price: 0.7 },
  { name: 'utilities', weight: 0.11, price: 1.5 },
  { name: 'entertainment', weight: 0.1, price: 0.6 },
  { name: 'electronics', weight: 0.06, price: 2.4 },
  { name: 'travel', weight: 0.05, price: 2.8 },
  { name: 'digital_goods', weight: 0.05, price: 0.45 },
] as const;

/** Customers whose generation is 0 held their place on this day, 1 January 2025. */
const referenceDay = Date.UTC(2025, 0, 1) / day;

/** Room for a generation's customer ids. */
export const mostCustomers = 10_000_000;

export const merchantCount = 5000;

/** Spread of one purchase around what the customer usually spends in the category (standard deviation of the log). */
export const purchaseSpread = 0.6;

/**
 * The customers' habits, a column each. Customer number k is a *place*: when its customer leaves, one with the same
 * habits but another id, other devices and merchants takes it. So the population is the same at all times (tenure
 * does not grow from one data set to the next), although everyone's own tenure grows by one every day.
 */
export interface Customers {
  readonly count: number;
  readonly seed: number;
  readonly home: Uint8Array;
  /** Transactions a day. */
  readonly rate: Float64Array;
  readonly highestRate: number;
  /** The median purchase in a category of price 1. */
  readonly spend: Float64Array;
  readonly monthlySpend: Float64Array;
  /** Hours by which the customer's day is later than most people's. */
  readonly lateness: Int8Array;
  /** Days a customer stays in this place, and the day number on which the one of generation 0 came. */
  readonly lifetime: Float64Array;
  readonly firstDay: Float64Array;
  /** Cumulative share of each category in the customer's purchases: eight numbers per customer. */
  readonly categoryEdges: Float64Array;
}

/**
 * The first `count` customers of the population. Habits come from a low-discrepancy sequence (Roberts' R sequence:
 * multiples of the powers of the root of x^(d+1) = x + 1, shifted by the seed), so a few hundred customers already
 * have the distribution of all, and a stream over fewer accounts has not drifted for that reason.
 */
export function customersOf(count: number, seed: number): Customers {
  const dimensions = 6;
  let root = 1.1;
  for (let i = 0; i < 60; i++) root = (1 + root) ** (1 / (dimensions + 1));
  const steps = Array.from({ length: dimensions }, (_, d) => root ** -(d + 1));
  const shifts = steps.map((_, d) => uniform(seed, d));
  const point = (k: number, d: number): number => (shifts[d]! + (k + 1) * steps[d]!) % 1;

  const customers = {
    count,
    seed,
    home: new Uint8Array(count),
    rate: new Float64Array(count),
    spend: new Float64Array(count),
    monthlySpend: new Float64Array(count),
    lateness: new Int8Array(count),
    lifetime: new Float64Array(count),
    firstDay: new Float64Array(count),
    categoryEdges: new Float64Array(count * categories.length),
  };
  for (let k = 0; k < count; k++) {
    customers.home[k] = pick(homes, point(k, 0));
    const rate = 1.15 * Math.exp(0.32 * logit(point(k, 1)));
    const spend = 44 * Math.exp(0.25 * logit(point(k, 2)));
    customers.rate[k] = rate;
    customers.spend[k] = spend;
    customers.lifetime[k] = Math.round(300 + 5700 * point(k, 3));
    customers.firstDay[k] = Math.floor(referenceDay - point(k, 4) * customers.lifetime[k]!);
    customers.lateness[k] = latenessOf(point(k, 5));

    let total = 0;
    let price = 0;
    for (const [c, category] of categories.entries()) {
      const weight = category.weight * Math.exp(1.2 * (uniform(seed, k, 10 + c) - 0.5));
      total += weight;
      price += weight * category.price;
      customers.categoryEdges[k * categories.length + c] = total;
    }
    for (let c = 0; c < categories.length; c++) customers.categoryEdges[k * categories.length + c]! /= total;
    const meanPurchase = spend * (price / total) * Math.exp(purchaseSpread ** 2 / 2);
    const monthsDiffer = Math.exp(0.4 * (uniform(seed, k, 20) - 0.5));
    customers.monthlySpend[k] = Math.round(rate * 30.4 * meanPurchase * monthsDiffer * 100) / 100;
  }
  return { ...customers, highestRate: customers.rate.reduce((a, b) => Math.max(a, b), 0) };
}

/** Whose place it is at a time: which one in the row of its customers, and since how many days (from 1). */
export function holderOf(
  customers: Customers,
  k: number,
  time: number,
): { generation: number; tenure: number } {
  const days = Math.floor(time / day) - customers.firstDay[k]!;
  const generation = Math.floor(days / customers.lifetime[k]!);
  return { generation, tenure: days - generation * customers.lifetime[k]! + 1 };
}

/** The customer's id: C1, C2, … for generation 0, far higher numbers for a place's earlier and later customers. */
export function customerId(k: number, generation: number): string {
  const others = generation >= 0 ? 2 * generation : -2 * generation - 1;
  return `C${k + 1 + others * mostCustomers}`;
}

/** One of the three devices that the customer uses; most of the time the first. */
export function ownDevice(customers: Customers, k: number, generation: number, which: number): string {
  return `D${hash(customers.seed, k, generation, 30, which) % 100_000_000}`;
}

/** One of the customer's usual merchants of a category. */
export function usualMerchant(
  customers: Customers,
  k: number,
  generation: number,
  category: number,
  which: number,
): number {
  return merchantAt(category, uniform(customers.seed, k, generation, 40 + category, which));
}

/** The merchant at a position in [0, 1) of a category's merchants; numbers from 1, categories in blocks. */
export function merchantAt(category: number, position: number): number {
  let before = 0;
  for (let c = 0; c < category; c++) before += categories[c]!.weight;
  return 1 + Math.floor(merchantCount * (before + position * categories[category]!.weight) - 1e-9);
}

/** The index of the entry whose share of the cumulative shares holds `position`. */
function pick(entries: readonly { readonly share: number }[], position: number): number {
  let sum = 0;
  for (const [index, entry] of entries.entries()) {
    sum += entry.share;
    if (position < sum) return index;
  }
  return entries.length - 1;
}

/** Most people's day begins between two hours earlier and three later; one in twelve lives at night. */
function latenessOf(position: number): number {
  return position < 1 / 12
    ? 7 + Math.floor(position * 12 * 5)
    : Math.floor(((position - 1 / 12) / (11 / 12)) * 6) - 2;
}

/** The quantile function of the logistic distribution, its tails cut at .5 %. */
function logit(position: number): number {
  const u = Math.min(0.995, Math.max(0.005, position));
  return Math.log(u / (1 - u));
}
