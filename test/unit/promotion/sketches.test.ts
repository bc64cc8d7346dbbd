import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type BucketCounts,
  countFrom,
  mergeCounts,
  quantileBucket,
  totalCount,
} from '../../../shared/promotion/bucket-counts.ts';
import {
  bucketsOfRatio,
  LATENCY_BUCKETS,
  latencyBucket,
  latencyEdge,
} from '../../../shared/promotion/latency-sketch.ts';
import { SCORE_BUCKETS, scoreBucket } from '../../../shared/promotion/score-buckets.ts';

const milliseconds = fc.double({ min: 0.002, max: 60_000, noNaN: true });
const counts = fc.dictionary(
  fc.nat(300).map((bucket) => String(bucket)),
  fc.nat(1_000),
);

function sketchOf(times: readonly number[]): BucketCounts {
  return times.reduce<BucketCounts>((sketch, time) => mergeCounts(sketch, { [latencyBucket(time)]: 1 }), {});
}

describe('the latency sketch', () => {
  test('knows every quantile to 2 % and never below it', () => {
    fc.assert(
      fc.property(
        fc.array(milliseconds, { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (times, share) => {
          const exact = times.toSorted((left, right) => left - right)[
            Math.ceil(share * times.length - 1e-9) - 1
          ]!;
          const edge = latencyEdge(quantileBucket(sketchOf(times), share)!);
          expect(edge).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
          expect(edge).toBeLessThanOrEqual(exact * 1.0203);
        },
      ),
    );
  });

  test('counts exactly how many times are beyond an edge', () => {
    fc.assert(
      fc.property(fc.array(milliseconds, { maxLength: 60 }), fc.nat(LATENCY_BUCKETS - 2), (times, bucket) => {
        const edge = latencyEdge(bucket);
        const near = times.some((time) => Math.abs(time / edge - 1) < 1e-9);
        fc.pre(!near);
        expect(countFrom(sketchOf(times), bucket + 1)).toBe(times.filter((time) => time > edge).length);
      }),
    );
  });

  test('keeps what is out of its range in its first and last bucket', () => {
    expect([0, -1, Number.NaN, 0.001].map(latencyBucket)).toEqual([0, 0, 0, 0]);
    expect([150_000, Number.POSITIVE_INFINITY].map(latencyBucket)).toEqual([
      LATENCY_BUCKETS - 1,
      LATENCY_BUCKETS - 1,
    ]);
    expect(latencyEdge(LATENCY_BUCKETS - 2)).toBeGreaterThan(120_000);
  });

  test('rounds a ratio of times to buckets, down and up', () => {
    const { under, over } = bucketsOfRatio(1.5);
    expect(latencyEdge(100 + under) / latencyEdge(100)).toBeLessThanOrEqual(1.5);
    expect(latencyEdge(100 + over) / latencyEdge(100)).toBeGreaterThanOrEqual(1.5);
    expect(over - under).toBe(1);
    expect(bucketsOfRatio(1)).toEqual({ under: 0, over: 0 });
  });
});

describe('mergeCounts', () => {
  test('gives the same in any order, and loses nothing', () => {
    fc.assert(
      fc.property(counts, counts, counts, (a, b, c) => {
        expect(mergeCounts(mergeCounts(a, b), c)).toEqual(mergeCounts(a, mergeCounts(c, b)));
        expect(totalCount(mergeCounts(a, b))).toBe(totalCount(a) + totalCount(b));
      }),
    );
  });
});

test('score buckets rise with the score and hold every score', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (left, right) => {
        const [low, high] = [Math.min(left, right), Math.max(left, right)];
        expect(scoreBucket(low)).toBeLessThanOrEqual(scoreBucket(high));
        expect(scoreBucket(low)).toBeGreaterThanOrEqual(0);
        expect(scoreBucket(high)).toBeLessThan(SCORE_BUCKETS);
      },
    ),
  );
  expect([scoreBucket(0), scoreBucket(0.5), scoreBucket(1)]).toEqual([0, 100, 199]);
});
