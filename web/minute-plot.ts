import type { Minutes } from './shapes.ts';

const MINUTE_MS = 60_000;
const LATEST = 5;

/** Columns of a plot; `at` in seconds since 1970, ascending. */
export interface MinuteSeries {
  readonly at: number[];
  /** Predictions of each version in each role. */
  readonly arms: readonly { readonly label: string; readonly predictions: number[] }[];
  /** Errors and fallbacks of all of them. */
  readonly failures: number[];
}

/**
 * Every minute of the range, also those in which nothing was predicted: a line must not jump over an outage. The minute
 * that has not ended yet is left out, because it looks like a slump.
 */
export function minuteSeries({ from, to, items }: Minutes): MinuteSeries {
  const first = Math.floor(Date.parse(from) / MINUTE_MS);
  const count = Math.max(0, Math.floor(Date.parse(to) / MINUTE_MS) - first);
  const zeros = () => Array.from({ length: count }, () => 0);
  const arms = new Map<string, number[]>();
  const failures = zeros();
  for (const { minute, version, variant, predictions, errors, fallbacks } of items) {
    const place = Math.floor(Date.parse(minute) / MINUTE_MS) - first;
    if (!(place >= 0 && place < count)) continue;
    const label = `Version ${version}${variant === 'canary' ? ' (canary)' : ''}`;
    const series = arms.get(label) ?? zeros();
    series[place] = (series[place] ?? 0) + predictions;
    arms.set(label, series);
    failures[place] = (failures[place] ?? 0) + errors + fallbacks;
  }
  return {
    at: Array.from({ length: count }, (_, place) => (first + place) * 60),
    arms: [...arms]
      .map(([label, predictions]) => ({ label, predictions }))
      .toSorted((left, right) => left.label.localeCompare(right.label, 'en', { numeric: true })),
    failures,
  };
}

export interface MinuteTotals {
  readonly predictions: number;
  readonly errors: number;
  readonly fallbacks: number;
}

/** The last five whole minutes and the begun one, together. */
export function latestMinutes({ to, items }: Minutes): MinuteTotals {
  const since = (Math.floor(Date.parse(to) / MINUTE_MS) - LATEST) * MINUTE_MS;
  const totals = { predictions: 0, errors: 0, fallbacks: 0 };
  for (const { minute, predictions, errors, fallbacks } of items) {
    if (Date.parse(minute) < since) continue;
    totals.predictions += predictions;
    totals.errors += errors;
    totals.fallbacks += fallbacks;
  }
  return totals;
}

/** Predictions a minute over the last five whole minutes. */
export function rateNow({ to, items }: Minutes): number {
  const end = Math.floor(Date.parse(to) / MINUTE_MS) * MINUTE_MS;
  let sum = 0;
  for (const { minute, predictions } of items) {
    const time = Date.parse(minute);
    if (time < end && time >= end - LATEST * MINUTE_MS) sum += predictions;
  }
  return sum / LATEST;
}
