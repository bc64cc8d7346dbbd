import { describe, expect, it } from 'vitest';
import { loadGenerator } from '../../../tools/row-generator.ts';
import { labelledRows } from '../../../tools/simulated-rows.ts';

const HOUR = 3_600_000;
const now = Date.parse('2026-03-02T12:34:56Z');

describe('simulated rows', () => {
  it('have every hour of the last day in any stretch of them, and are the same for the same seed', async () => {
    const generator = await loadGenerator('fraud');
    if (generator === undefined) throw new Error('no generator');
    const taken = () =>
      labelledRows(generator, { name: 'is_fraud' }, { seed: 3 }, Infinity, now)
        .take(1_000)
        .map(({ row }) => Date.parse(String(row['transaction_ts'])))
        .toArray();
    const times = taken();
    expect(taken()).toEqual(times);
    for (const from of [0, 500]) {
      const hours = new Set(times.slice(from, from + 500).map((time) => Math.floor((now - time) / HOUR)));
      // Few of us pay at night.
      expect(hours.size).toBeGreaterThan(17);
      expect(Math.min(...hours)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...hours)).toBeLessThanOrEqual(24);
    }
  });
});
