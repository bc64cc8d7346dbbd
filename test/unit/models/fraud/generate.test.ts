import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columns, generate } from '../../../../models/fraud/generate.ts';
import type { GeneratedRow, GeneratorOptions } from '../../../../models/fraud/generate.ts';
import { compileContract } from '../../../../shared/features/compile.ts';
import { readDefinition } from '../../../../tools/model-folders.ts';

const day = 86_400_000;

function rowsOf(options: Partial<GeneratorOptions> = {}): GeneratedRow[] {
  return [...generate({ rows: 5000, seed: 1, ...options })];
}

function timeOf({ row }: GeneratedRow): number {
  return Date.parse(`${row.transaction_ts}Z`);
}

describe('the transaction generator', () => {
  it('gives the same rows for the same options', () => {
    expect(rowsOf()).toEqual(rowsOf());
  });

  it('gives other transactions for another seed or window', () => {
    const ids = new Set(rowsOf().map(({ row }) => row.transaction_id));
    const others = [...rowsOf({ seed: 2 }), ...rowsOf({ to: Date.UTC(2026, 3, 1) })];
    expect(others.filter(({ row }) => ids.has(row.transaction_id))).toEqual([]);
  });

  it('has the columns of the contract, and values that it accepts without a warning', async () => {
    const contract = compileContract(await readDefinition('fraud'));
    expect(columns).toEqual(contract.contract.columns.map(({ name }) => name));
    for (const { row } of rowsOf({ rows: 2000 })) {
      expect(Object.keys(row)).toEqual(columns);
      const result = contract.check(row, '');
      expect(result).toMatchObject({ ok: true });
    }
    for (const column of ['currency', 'merchant_category', 'ip_geo_country'] as const) {
      const known = new Set(contract.contract.columns.find(({ name }) => name === column)?.categories);
      expect(rowsOf().filter(({ row }) => !known.has(row[column]))).toEqual([]);
    }
  });

  it('names every transaction differently, by a UUID', () => {
    const ids = rowsOf().map(({ row }) => row.transaction_id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('keeps as many rows as asked for inside any window, in order of time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 2 ** 40 }),
        fc.integer({ min: 1, max: 200 * day }),
        fc.nat(),
        (rows, from, span, seed) => {
          const times = rowsOf({ rows, seed, from, to: from + span, accounts: 200 }).map(timeOf);
          expect(times).toHaveLength(rows);
          expect(times).toEqual(times.toSorted((a, b) => a - b));
          expect(times.every((time) => time >= from && time < from + span)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('tells hour and weekday of the time, Monday being 0', () => {
    for (const generated of rowsOf()) {
      const time = new Date(timeOf(generated));
      expect(generated.row.hour_of_day).toBe(time.getUTCHours());
      expect(generated.row.day_of_week).toBe((time.getUTCDay() + 6) % 7);
    }
  });

  it.each([
    [undefined, 50],
    [0, 0],
    [0.2, 1000],
    [1, 5000],
  ])('has the fraud rate %s', (fraudRate, frauds) => {
    const rows = rowsOf(fraudRate === undefined ? {} : { fraudRate });
    const found = rows.filter(({ row }) => row.is_fraud === 1).length;
    // Each of the four scenarios rounds its rows up or down.
    expect(Math.abs(found - frauds)).toBeLessThanOrEqual(4);
  });

  it('lets customers keep their habits from one data set to the next', () => {
    const spendOf = (seed: number): Map<string, number> =>
      new Map(rowsOf({ seed, accounts: 300 }).map(({ row }) => [row.customer_id, row.avg_monthly_spend]));
    const before = spendOf(1);
    const shared = [...spendOf(2)].filter(([customer]) => before.has(customer));
    expect(shared.length).toBeGreaterThan(200);
    expect(shared.filter(([customer, spend]) => before.get(customer) !== spend)).toEqual([]);
  });

  it('ages a customer by a day every day', () => {
    const opened = new Map<string, number>();
    for (const generated of rowsOf({ accounts: 300 })) {
      const first = Math.floor(timeOf(generated) / day) - generated.row.customer_tenure_days;
      const { customer_id: customer } = generated.row;
      expect(opened.get(customer) ?? first).toBe(first);
      opened.set(customer, first);
      expect(generated.row.customer_tenure_days).toBeGreaterThanOrEqual(1);
    }
  });

  it('counts the transactions of a burst up', () => {
    const tests = rowsOf({ rows: 20_000 }).filter(({ scenario }) => scenario === 'card_testing');
    const counts = Map.groupBy(tests, ({ row }) => row.device_fingerprint);
    expect(Math.max(...[...counts.values()].map((burst) => burst.length))).toBeGreaterThanOrEqual(5);
    for (const burst of counts.values()) {
      const previous = burst.map(({ row }) => row.num_prev_tx_24h);
      expect(new Set(previous).size).toBe(previous.length);
      expect(new Set(burst.map(({ row }) => row.merchant_id)).size).toBe(1);
    }
  });

  it('takes over accounts from devices that the customer never used', () => {
    const rows = rowsOf({ rows: 20_000, accounts: 500 });
    const honest = new Set(
      rows.filter(({ row }) => row.is_fraud === 0).map(({ row }) => row.device_fingerprint),
    );
    const takeovers = rows.filter(({ scenario }) => scenario === 'account_takeover');
    expect(takeovers.length).toBeGreaterThan(30);
    expect(takeovers.filter(({ row }) => honest.has(row.device_fingerprint))).toEqual([]);
  });

  it('taps one merchant of a category a week', () => {
    const rows = rowsOf({ rows: 60_000 }).filter(({ scenario }) => scenario === 'compromised_merchant');
    const merchants = new Map<string, string>();
    let repeated = 0;
    for (const { row } of rows) {
      const week = Math.floor(Date.parse(`${row.transaction_ts}Z`) / (7 * day));
      const key = `${week} ${row.merchant_category}`;
      if (merchants.has(key)) repeated++;
      // An episode that crosses midnight on Thursday belongs to the week in which it began.
      merchants.set(key, merchants.get(key) ?? row.merchant_id);
    }
    expect(repeated).toBeGreaterThan(50);
    expect(new Set(rows.map(({ row }) => row.merchant_id)).size).toBeLessThan(70);
  });

  it('bursts out with young accounts only', () => {
    const tenures = rowsOf({ rows: 20_000 })
      .filter(({ scenario }) => scenario === 'bust_out')
      .map(({ row }) => row.customer_tenure_days);
    expect(tenures.length).toBeGreaterThan(30);
    expect(Math.max(...tenures)).toBeLessThanOrEqual(401);
  });

  it('works with a single account', () => {
    const rows = rowsOf({ rows: 300, accounts: 1, fraudRate: 0.2 });
    expect(rows).toHaveLength(300);
    expect(new Set(rows.map(({ row }) => row.avg_monthly_spend)).size).toBe(1);
  });

  it.each([
    { rows: -1 },
    { rows: 1.5 },
    { seed: Number.NaN },
    { fraudRate: 2 },
    { accounts: 0 },
    { from: 10, to: 10 },
    { from: Number.NaN },
  ])('refuses %j', (options) => {
    expect(() => rowsOf(options)).toThrow(RangeError);
  });
});

describe('the population', () => {
  const reference = rowsOf({ rows: 40_000 });

  it.each([
    ['another seed', { seed: 2 }],
    ['the last day', { seed: 3, from: Date.UTC(2026, 1, 3, 10, 20), to: Date.UTC(2026, 1, 4, 10, 20) }],
    ['a Sunday', { seed: 4, from: Date.UTC(2026, 5, 7), to: Date.UTC(2026, 5, 8) }],
    ['a day five years later', { seed: 5, from: Date.UTC(2031, 0, 1), to: Date.UTC(2031, 0, 2) }],
    ['a tenth of the accounts', { seed: 6, accounts: 2000 }],
  ])('is the same for %s', (_, options) => {
    const current = rowsOf({ rows: 20_000, ...options });
    // Two samples of one population of these sizes differ by more than .0169 in one of a thousand (Kolmogorov); those
    // of one customer are alike, which widens it.
    for (const column of [
      'amount',
      'customer_tenure_days',
      'avg_monthly_spend',
      'num_prev_tx_24h',
      'hour_of_day',
    ] as const) {
      const values = (rows: readonly GeneratedRow[]): number[] => rows.map(({ row }) => row[column]);
      expect(kolmogorovDistance(values(reference), values(current)), column).toBeLessThan(0.02);
    }
    for (const column of ['currency', 'merchant_category', 'ip_geo_country'] as const) {
      const values = (rows: readonly GeneratedRow[]): string[] => rows.map(({ row }) => row[column]);
      expect(totalVariation(values(reference), values(current)), column).toBeLessThan(0.02);
    }
  });
});

/** The greatest difference of the empirical distribution functions. */
function kolmogorovDistance(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [a.toSorted((p, q) => p - q), b.toSorted((p, q) => p - q)];
  let greatest = 0;
  for (let i = 0, j = 0; i < x.length && j < y.length;) {
    const value = Math.min(x[i]!, y[j]!);
    while (x[i] === value) i++;
    while (y[j] === value) j++;
    greatest = Math.max(greatest, Math.abs(i / x.length - j / y.length));
  }
  return greatest;
}

/** Half the sum of the differences of the shares. */
function totalVariation(a: readonly string[], b: readonly string[]): number {
  const share = (of: readonly string[], value: string): number =>
    of.filter((one) => one === value).length / of.length;
  return (
    [...new Set([...a, ...b])].reduce((sum, value) => sum + Math.abs(share(a, value) - share(b, value)), 0) /
    2
  );
}
