import { describe, expect, it } from 'vitest';
import { latestMinutes, minuteSeries, rateNow } from '../../../web/minute-plot.ts';

const at = (minute: number) => new Date(Date.parse('2026-03-02T12:00:00Z') + minute * 60_000).toISOString();

const one = { version: '1', variant: 'champion', errors: 0, fallbacks: 0 };
const minutes = {
  from: at(0),
  to: new Date(Date.parse(at(10)) + 30_000).toISOString(),
  items: [
    { ...one, minute: at(1), predictions: 60 },
    { ...one, minute: at(7), predictions: 100, errors: 2 },
    { ...one, minute: at(7), version: '10', variant: 'canary', predictions: 10, fallbacks: 1 },
    { ...one, minute: at(10), predictions: 40 },
  ],
};

describe('predictions by minute', () => {
  it('have a point for every whole minute, also for one without predictions', () => {
    const { at: times, arms, failures } = minuteSeries(minutes);
    expect(times).toEqual(Array.from({ length: 10 }, (_, place) => Date.parse(at(place)) / 1_000));
    expect(arms).toEqual([
      { label: 'Version 1', predictions: [0, 60, 0, 0, 0, 0, 0, 100, 0, 0] },
      { label: 'Version 10 (canary)', predictions: [0, 0, 0, 0, 0, 0, 0, 10, 0, 0] },
    ]);
    expect(failures).toEqual([0, 0, 0, 0, 0, 0, 0, 3, 0, 0]);
  });

  it('are counted over the last minutes, the begun one apart from the rate', () => {
    expect(latestMinutes(minutes)).toEqual({ predictions: 150, errors: 2, fallbacks: 1 });
    expect(rateNow(minutes)).toBe(22);
  });

  it('are none where there are none', () => {
    const none = { from: at(0), to: at(2), items: [] };
    expect(minuteSeries(none)).toMatchObject({ arms: [], failures: [0, 0] });
    expect(rateNow(none)).toBe(0);
  });
});
