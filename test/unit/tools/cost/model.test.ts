import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { busySeconds, endpointCost, monthlyBill, PRODUCTION, totalOf } from '../../../../tools/cost/model.ts';
import { ASSUMED_PRICES } from '../../../../tools/cost/prices.ts';
import { costTable, RATES } from '../../../../tools/cost/table.ts';
import { createRandom } from '../../../../shared/training/random.ts';

const MONTH_SECONDS = 2_628_000;

/** The share of time that is covered by one second after each arrival, of arrivals of a Poisson process. */
function simulatedShare(rate: number, arrivals: number): number {
  const random = createRandom(7);
  let now = 0;
  let busyUntil = 0;
  let busy = 0;
  for (let i = 0; i < arrivals; i += 1) {
    now -= Math.log(1 - random()) / rate;
    busy += now + 1 - Math.max(busyUntil, now);
    busyUntil = now + 1;
  }
  return busy / busyUntil;
}

describe('the model of the bill', () => {
  it('has an instance busy for as long as a simulation of its arrivals', () => {
    for (const rate of [0.05, 0.5, 1, 3]) {
      expect(busySeconds(rate) / MONTH_SECONDS).toBeCloseTo(simulatedShare(rate, 200_000), 2);
    }
    expect(busySeconds(0)).toBe(0);
  });

  it('charges an idle app for what waits, by hand', () => {
    const bill = monthlyBill(0, PRODUCTION, ASSUMED_PRICES);
    // Two instances of 2 GB for 2,628,000 s at 0.000004.
    expect(bill.scoring).toBeCloseTo(42.048, 6);
    // One throughput unit for 730 hours at 0.03.
    expect(bill.eventHubs).toBeCloseTo(21.9, 6);
    // A tenth of 6,000 request units at 0.012 per 100 and hour, twice.
    expect(bill.cosmos).toBeCloseTo(105.12, 6);
    expect(bill.blob).toBe(0);
  });

  it('charges nothing for scoring where nothing waits and nothing comes', () => {
    const bill = monthlyBill(0, { ...PRODUCTION, httpAlwaysReady: 0 }, ASSUMED_PRICES);
    expect(bill.scoring).toBe(0);
  });

  it('charges a flood for its executions and its busy instances, by hand', () => {
    const bill = monthlyBill(1_000, PRODUCTION, ASSUMED_PRICES);
    const gbSeconds = 2 * MONTH_SECONDS;
    // 2.5 instances are needed: two that wait anyway, and one on demand, all busy all the time.
    const byHand = 2 * gbSeconds * (0.000004 + 0.000016) + gbSeconds * 0.000026 + 2_628 * 0.4;
    expect(bill.scoring).toBeCloseTo(byHand, 3);
    expect(bill.eventHubs).toBeCloseTo(3 * 21.9 + 2_628 * 0.028, 6);
  });

  it('never gets cheaper with traffic', () => {
    const rate = fc.double({ min: 0, max: 5_000, noNaN: true });
    fc.assert(
      fc.property(rate, rate, (a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        const of = (requests: number) => totalOf(monthlyBill(requests, PRODUCTION, ASSUMED_PRICES));
        expect(of(more)).toBeGreaterThanOrEqual(of(less) * 0.999_999);
      }),
    );
  });

  it('keeps an endpoint as large as its peak', () => {
    const hour = ASSUMED_PRICES.perEndpointInstanceHour * 730;
    expect(endpointCost(0, PRODUCTION, ASSUMED_PRICES)).toBeCloseTo(3 * hour, 6);
    expect(endpointCost(3_000, PRODUCTION, ASSUMED_PRICES)).toBeCloseTo(6 * hour, 6);
  });
});

describe('docs/cost.md', () => {
  const docs = readFileSync(resolve(import.meta.dirname, '../../../../docs/cost.md'), 'utf8');

  it('has the table that the model gives', () => {
    expect(docs).toContain(costTable(RATES, PRODUCTION, ASSUMED_PRICES));
  });

  it('says at which traffic the endpoint is cheaper for scoring', () => {
    const scoring = (rate: number) => monthlyBill(rate, PRODUCTION, ASSUMED_PRICES).scoring;
    expect(docs).toContain('at about 300 requests a second');
    expect(scoring(250)).toBeLessThan(endpointCost(250, PRODUCTION, ASSUMED_PRICES));
    expect(scoring(350)).toBeGreaterThan(endpointCost(350, PRODUCTION, ASSUMED_PRICES));
  });

  it('says what telemetry would cost without sampling', () => {
    const everything = { ...PRODUCTION, telemetryShare: 1 };
    expect(monthlyBill(100, everything, ASSUMED_PRICES).telemetry.toFixed(0)).toBe('1825');
    expect(docs).toContain('1,825 instead of 102');
  });

  it('follows the parameters of production', () => {
    const bicep = readFileSync(
      resolve(import.meta.dirname, '../../../../infra-bicep/prod.bicepparam'),
      'utf8',
    );
    const given = (name: string) => Number(new RegExp(`^param ${name} = (\\d+)`, 'm').exec(bicep)?.[1]);
    expect(given('httpAlwaysReady')).toBe(PRODUCTION.httpAlwaysReady);
    expect(given('durableAlwaysReady')).toBe(PRODUCTION.durableAlwaysReady);
    expect(given('collectAlwaysReady')).toBe(PRODUCTION.collectAlwaysReady);
    expect(given('predictionsPartitions')).toBe(PRODUCTION.partitions);
  });
});
