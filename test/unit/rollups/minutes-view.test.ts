import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestCountsOfMinute } from '../../../shared/rollups/minute-row.ts';
import { minutesView, minutesViewSchema, readMinutesRange } from '../../../shared/rollups/minutes-view.ts';

const NOON = Date.parse('2026-03-02T12:00:00Z');
const NONE = { ok: 0, error: 0, fallback: 0, pinned: 0, pinnedError: 0, replayed: 0 };

function counts(minute: number, version: string, of: Partial<typeof NONE>): RequestCountsOfMinute {
  return { minute, version, variant: 'champion', counts: { ...NONE, ...of } };
}

describe('the range of minutes', () => {
  it('is the last hour where nothing is said, from a whole minute on', () => {
    const now = NOON + 30_500;
    expect(readMinutesRange({}, now)).toEqual({ from: NOON - 3_600_000, to: now });
  });

  it('takes times without an offset as UTC', () => {
    const range = readMinutesRange({ from: '2026-03-02T10:00:40', to: '2026-03-02T13:00+01:00' }, 0);
    expect(range).toEqual({ from: NOON - 2 * 3_600_000, to: NOON });
  });

  it.each([
    [{ from: 'yesterday' }, /'from' is no ISO 8601/],
    [{ to: '2026-02-30' }, /'to' is no ISO 8601/],
    [{ from: '2026-03-02T12:00:01Z' }, /before/],
    [{ from: '2026-03-01T11:59:59Z' }, /24 hours/],
  ])('refuses %j', (query, message) => {
    expect(() => readMinutesRange(query, NOON)).toThrow(message);
  });
});

describe('the view of minutes', () => {
  const range = { from: NOON, to: NOON + 600_000 };

  it('adds partitions up, and lists by time, then by version as a number', () => {
    const view = minutesView(
      [
        counts(NOON + 60_000, '10', { ok: 1 }),
        counts(NOON + 60_000, '9', { ok: 2, error: 1, fallback: 3, pinned: 4, pinnedError: 5, replayed: 99 }),
        counts(NOON, '10', { ok: 7 }),
        counts(NOON + 60_000, '9', { ok: 20 }),
      ],
      range,
    );
    expect(view.items.map(({ minute, version, predictions }) => [minute, version, predictions])).toEqual([
      ['2026-03-02T12:00:00.000Z', '10', 7],
      ['2026-03-02T12:01:00.000Z', '9', 35],
      ['2026-03-02T12:01:00.000Z', '10', 1],
    ]);
    expect(view.items[1]).toMatchObject({ errors: 6, fallbacks: 3, pinned: 9 });
    expect(minutesViewSchema.parse(view)).toEqual(view);
  });

  it('is the same in whatever order the rows come', () => {
    const row = fc.record({ place: fc.nat(3), version: fc.integer({ min: 1, max: 12 }), ok: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 20 }), fc.infiniteStream(fc.double()), (rows, keys) => {
        const all = rows.map(({ place, version, ok }) => counts(NOON + place * 60_000, `${version}`, { ok }));
        const shuffled = all
          .map((one) => ({ one, key: keys.next().value ?? 0 }))
          .sort((left, right) => left.key - right.key)
          .map(({ one }) => one);
        expect(minutesView(shuffled, range)).toEqual(minutesView(all, range));
      }),
    );
  });
});
