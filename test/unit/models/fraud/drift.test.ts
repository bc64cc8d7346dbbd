import { describe, expect, it } from 'vitest';
import { generate, parseDrift } from '../../../../models/fraud/generate.ts';
import type { Transaction } from '../../../../models/fraud/generate.ts';

function rowsWith(...drift: readonly string[]): Transaction[] {
  const options = { rows: 4000, seed: 9, drift: drift.map(parseDrift) };
  return Array.from(generate(options), ({ row }) => row);
}

describe('drift', () => {
  const before = rowsWith();

  it.each([
    ['amount=x2', 'amount', (value: number) => Math.round(value * 200) / 100],
    ['amount=+50', 'amount', (value: number) => Math.round((value + 50) * 100) / 100],
    ['amount=-20.5', 'amount', (value: number) => Math.max(0, Math.round((value - 20.5) * 100) / 100)],
    ['customer_tenure_days=x0.5', 'customer_tenure_days', (value: number) => Math.round(value / 2)],
    ['num_prev_tx_24h=+3', 'num_prev_tx_24h', (value: number) => value + 3],
    ['avg_monthly_spend=*1.1', 'avg_monthly_spend', (value: number) => Math.round(value * 110) / 100],
  ] as const)('%s changes this column of every row and nothing else', (text, column, change) => {
    const after = rowsWith(text);
    for (const [index, row] of after.entries()) {
      expect(row[column]).toBeCloseTo(change(before[index]![column]), 1);
      expect({ ...row, [column]: 0 }).toEqual({ ...before[index]!, [column]: 0 });
    }
  });

  it.each(['currency', 'merchant_category', 'ip_geo_country'] as const)(
    '%s=XXX:0.1 gives a tenth another category',
    (column) => {
      const after = rowsWith(`${column}=XXX:0.1`);
      const changed = after.filter((row) => row[column] === 'XXX');
      // Five standard deviations of a binomial share.
      expect(Math.abs(changed.length / after.length - 0.1)).toBeLessThan(5 * Math.sqrt(0.09 / 4000));
      for (const [index, row] of after.entries()) {
        if (row[column] !== 'XXX') expect(row).toEqual(before[index]);
      }
    },
  );

  it('adds frauds of a new scenario as a share of all rows', () => {
    const rows = [...generate({ rows: 4000, seed: 9, drift: [parseDrift('scenario=gift_card_scam:0.02')] })];
    const added = rows.filter(({ scenario }) => scenario === 'gift_card_scam');
    expect(added).toHaveLength(80);
    expect(added.every(({ row }) => row.is_fraud === 1)).toBe(true);
    expect(rows).toHaveLength(4000);
    expect(rows.filter(({ row }) => row.is_fraud === 1).length).toBeGreaterThanOrEqual(80 + 36);
  });

  it('adds more of a known scenario', () => {
    const count = (...drift: string[]): number =>
      [...generate({ rows: 4000, seed: 9, drift: drift.map(parseDrift) })].filter(
        ({ scenario, row }) => scenario === 'card_testing' && row.is_fraud === 1,
      ).length;
    expect(count('scenario=card_testing')).toBe(count() + 20);
  });

  it('applies several changes in their order', () => {
    const [doubledFirst, shiftedFirst] = [
      rowsWith('amount=x2', 'amount=+10'),
      rowsWith('amount=+10', 'amount=x2'),
    ];
    expect(doubledFirst[0]!.amount).toBeCloseTo(before[0]!.amount * 2 + 10, 2);
    expect(shiftedFirst[0]!.amount).toBeCloseTo((before[0]!.amount + 10) * 2, 2);
  });

  it.each([
    '',
    'amount',
    'amount=',
    'amount=2',
    'amount=x',
    'amount=x-2',
    'amount=XXX:0.1',
    'currency=x2',
    'currency=XXX',
    'currency=XXX:1.5',
    'currency=:0.5',
    'is_fraud=+1',
    'scenario=unheard_of',
    'scenario=gift_card_scam:2',
    'scenario=gift_card_scam:',
  ])("refuses '%s' and says what it understands", (text) => {
    expect(() => parseDrift(text)).toThrow(/is not understood: .*\n.*column=xFACTOR/);
  });
});
