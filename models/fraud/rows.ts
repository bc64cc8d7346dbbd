import { categories, customerId, day } from './customers.ts';
import type { Drift, NumericColumn } from './drift.ts';
import type { Draft } from './episodes.ts';
import type { Random } from './random.ts';

/** The columns of a row, in the order of the CSV file. */
export const columns = [
  'transaction_id',
  'transaction_ts',
  'customer_id',
  'merchant_id',
  'amount',
  'currency',
  'merchant_category',
  'device_fingerprint',
  'ip_geo_country',
  'hour_of_day',
  'day_of_week',
  'customer_tenure_days',
  'avg_monthly_spend',
  'num_prev_tx_24h',
  'is_fraud',
] as const;

/** One labelled transaction. Times are UTC without an offset; amounts in major units of the currency. */
export interface Transaction {
  transaction_id: string;
  transaction_ts: string;
  customer_id: string;
  merchant_id: string;
  amount: number;
  currency: string;
  merchant_category: string;
  device_fingerprint: string;
  ip_geo_country: string;
  hour_of_day: number;
  /** 0 is Monday. */
  day_of_week: number;
  customer_tenure_days: number;
  avg_monthly_spend: number;
  /**
   * The customer's transactions in the 24 hours before, as the bank saw them: a data set is a sample of those, so
   * this is a draw from the customer's habit plus the earlier part of the episode, not a count of rows.
   */
  num_prev_tx_24h: number;
  is_fraud: 0 | 1;
}

/** Writes a draft as a row; the random source is only used for the transaction's id. */
export function rowOf(draft: Draft, monthlySpend: number, isFraud: boolean, random: Random): Transaction {
  return {
    transaction_id: uuidFrom(random),
    transaction_ts: new Date(draft.time).toISOString().slice(0, -1),
    customer_id: customerId(draft.place, draft.generation),
    merchant_id: `M${draft.merchant}`,
    amount: draft.amount,
    currency: draft.currency,
    merchant_category: categories[draft.category]!.name,
    device_fingerprint: draft.device,
    ip_geo_country: draft.country,
    hour_of_day: Math.floor((draft.time % day) / 3_600_000),
    day_of_week: (Math.floor(draft.time / day) + 3) % 7,
    customer_tenure_days: draft.tenure,
    avg_monthly_spend: monthlySpend,
    num_prev_tx_24h: draft.previous,
    is_fraud: isFraud ? 1 : 0,
  };
}

/** Applies the drifts that change columns, in their order, to a row in place; scenarios are drawn elsewhere. */
export function driftRow(row: Transaction, drifts: readonly Drift[], random: Random): void {
  for (const drift of drifts) {
    switch (drift.kind) {
      case 'scale':
        row[drift.column] = withinColumn(drift.column, row[drift.column] * drift.factor);
        break;
      case 'shift':
        row[drift.column] = withinColumn(drift.column, row[drift.column] + drift.by);
        break;
      case 'category':
        if (random.next() < drift.share) row[drift.column] = drift.value;
        break;
      case 'scenario':
        break;
    }
  }
}

function withinColumn(column: NumericColumn, value: number): number {
  const counted = column === 'customer_tenure_days' || column === 'num_prev_tx_24h';
  return Math.max(0, counted ? Math.round(value) : Math.round(value * 100) / 100);
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** A UUID of version 4 from a seeded source. */
function uuidFrom(random: Random): string {
  const a = random.bits();
  const b = (random.bits() & 0xffff0fff) | 0x4000;
  const c = (random.bits() & 0x3fffffff) | 0x80000000;
  const d = random.bits();
  return `${word(a)}-${half(b >>> 16)}-${half(b)}-${half(c >>> 16)}-${half(c)}${word(d)}`;
}

function word(bits: number): string {
  return half(bits >>> 16) + half(bits);
}

function half(bits: number): string {
  return hex[(bits >>> 8) & 255]! + hex[bits & 255]!;
}
