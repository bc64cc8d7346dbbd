import { describe, expect, it } from 'vitest';
import { failed, freshness, received, UNASKED } from '../../../web/feed.ts';

describe('a feed', () => {
  const known = received({ n: 1 }, 1_000);

  it('keeps what was known when a call fails, and when that began', () => {
    const first = failed(known, 503, 'down', 5_000);
    const second = failed(first, 0, 'no answer', 9_000);
    expect(second).toEqual({
      value: { n: 1 },
      at: 1_000,
      problem: { kind: 'failed', message: 'no answer', since: 5_000 },
    });
    expect(received({ n: 2 }, 10_000).problem).toBeUndefined();
  });

  it('forgets what is gone', () => {
    expect(failed(known, 404, 'no such model', 5_000)).toMatchObject({
      value: undefined,
      problem: { kind: 'missing' },
    });
  });
});

describe('the freshness of a page', () => {
  const known = received(1, 1_000);

  it('is that of its oldest value among those that fail', () => {
    const feeds = {
      traffic: failed(known, 503, 'down', 5_000),
      minutes: failed(received(1, 4_000), 0, 'down', 5_000),
      runs: received(1, 100),
    };
    expect(freshness(feeds, 61_000)).toEqual({
      kind: 'stale',
      behind: 60_000,
      failing: ['traffic', 'minutes'],
    });
  });

  it('does not suffer from what there is not', () => {
    expect(freshness({ traffic: known, drift: failed(UNASKED, 404, 'none', 1_000) }, 2_000).kind).toBe(
      'fresh',
    );
  });

  it('tells a missing key from a missing answer, and both from one that is on its way', () => {
    expect(freshness({ traffic: failed(UNASKED, 401, 'key', 0) }, 0).kind).toBe('locked');
    expect(freshness({ traffic: known, runs: UNASKED }, 0).kind).toBe('loading');
  });
});
