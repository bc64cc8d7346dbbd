import { describe, expect, it } from 'vitest';
import { detections } from '../../../tools/drift-detection.ts';
import { unchangedDays, weekdayPattern } from '../../../tools/drift-false-alarms.ts';

const quiet = () => undefined;

describe('the simulation of drift', () => {
  it('is alarmed by no day that has not changed', () => {
    const found = unchangedDays(3, 5_000, 1, quiet);
    expect(found).toMatchObject({ days: 3, drifted: { tollgate: 0 }, alarms: { tollgate: 0 } });
    expect(unchangedDays(3, 5_000, 1, quiet)).toEqual(found);
  });

  it('is alarmed by no day that is as its weekday is', () => {
    expect(weekdayPattern(2, 1_000, 1, 'same weekday', quiet)).toMatchObject({
      days: 2,
      alarms: { tollgate: 0 },
    });
  });

  it('finds what it puts in', () => {
    const found = new Map(detections(2, 5_000, 1, quiet).map((one) => [one.name, one.found.tollgate]));
    expect(found.get('amount × 1.1, log sd 0.7')).toBe(2);
    expect(found.get('new country, 1 % of the rows')).toBe(2);
    expect(found.get('all zeros')).toBe(2);
  });
});
