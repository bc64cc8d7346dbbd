import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assignmentHash,
  BUCKETS,
  bucketOf,
  bucketsFor,
  runningPromotion,
  seedOf,
} from '../../../shared/registry/assignment.ts';
import { promotedRow, trafficRow } from '../../fixtures/traffic-row.ts';

const key = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.uuid());
const percent = fc.integer({ min: 1, max: 10_000 }).map((hundredths) => hundredths / 100);
const isCanary = (promotion: string, account: string, share: number) =>
  bucketOf(assignmentHash(seedOf(promotion), account)) < bucketsFor(share);

/** Pearson's statistic of counts that are expected to be equal. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** The 99.99 % quantile of chi-square with many degrees of freedom (Wilson and Hilferty, 1931). */
function limit(degrees: number): number {
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + 3.719 * Math.sqrt(spread)) ** 3;
}

const ACCOUNTS: readonly [string, (index: number) => string][] = [
  ['numbered accounts', (index) => `C${index}`],
  ['numbers', (index) => String(index)],
  ['padded numbers', (index) => String(index).padStart(16, '0')],
  ['long names with a common start', (index) => `customer/2026/retail/${index}/primary`],
];

describe('assignment', () => {
  it('is an unsigned 32-bit integer and one of 10,000 buckets, whatever the account is called', () => {
    fc.assert(
      fc.property(key, key, (promotion, account) => {
        const hash = assignmentHash(seedOf(promotion), account);
        expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32).toBe(true);
        const bucket = bucketOf(hash);
        expect(Number.isInteger(bucket) && bucket >= 0 && bucket < BUCKETS).toBe(true);
        expect(assignmentHash(seedOf(promotion), account)).toBe(hash);
      }),
    );
    expect(bucketOf(2 ** 32 - 1)).toBe(BUCKETS - 1);
  });

  it('never moves an account back when the share is raised', () => {
    fc.assert(
      fc.property(key, key, percent, percent, (promotion, account, one, other) => {
        const [low, high] = one < other ? [one, other] : [other, one];
        const moved = isCanary(promotion, account, low) && !isCanary(promotion, account, high);
        expect(moved).toBe(false);
      }),
    );
  });

  it('is everybody at 100 % and nobody at 0', () => {
    fc.assert(
      fc.property(key, key, (promotion, account) => {
        expect(isCanary(promotion, account, 100)).toBe(true);
        expect(isCanary(promotion, account, 0)).toBe(false);
      }),
    );
  });

  it.each(ACCOUNTS)('spreads %s evenly over the buckets', (_, name) => {
    const seed = seedOf('01985f6a-0f3c-7000-8000-000000000001');
    const counts = Array.from({ length: BUCKETS }, () => 0);
    for (let index = 0; index < 300_000; index += 1)
      counts[bucketOf(assignmentHash(seed, name(index)))]! += 1;
    expect(chiSquare(counts)).toBeLessThan(limit(BUCKETS - 1));
  });

  it.each(ACCOUNTS)('of %s in one promotion tells nothing about another one', (_, name) => {
    // The ids of two promotions that were started one after the other differ in a few digits only.
    const ids = ['01985f6a-0f3c-7000-8000-000000000001', '01985f6a-0f3c-7000-8000-000000000002'] as const;
    const [one, other] = [seedOf(ids[0]), seedOf(ids[1])];
    const parts = 20;
    const joint = Array.from({ length: parts * parts }, () => 0);
    for (let index = 0; index < 200_000; index += 1) {
      const account = name(index);
      const part = (seed: number) => Math.floor((bucketOf(assignmentHash(seed, account)) * parts) / BUCKETS);
      joint[part(one) * parts + part(other)]! += 1;
    }
    expect(chiSquare(joint)).toBeLessThan(limit(parts * parts - 1));
  });
});

describe('the promotion of a traffic row', () => {
  it('is none without a claim', () => {
    expect(runningPromotion(trafficRow('1'))).toBeUndefined();
  });

  it('has the share of the canary in buckets, and the shadow', () => {
    expect(runningPromotion(promotedRow(0.5, { shadow: true, step: 2 }))).toMatchObject({
      promotionId: 'promotion-1',
      step: 2,
      candidate: '2',
      canaryBuckets: 50,
      shadow: true,
      keepWarm: undefined,
      validUntil: Date.UTC(2999, 0, 1),
    });
    expect(runningPromotion(promotedRow(0))).toMatchObject({ canaryBuckets: 0, shadow: false });
  });

  it('gives nothing to a canary or shadow that is not the claim’s', () => {
    const row = promotedRow(50, { shadow: true });
    const others = { promotionId: 'promotion-0', version: '2', step: 1 };
    expect(runningPromotion({ ...row, canary: { ...others, percent: 50 }, shadow: others })).toMatchObject({
      canaryBuckets: 0,
      shadow: false,
    });
  });
});
