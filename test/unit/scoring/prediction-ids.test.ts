import { randomFillSync } from 'node:crypto';
import { validate, version } from 'uuid';
import { describe, expect, it } from 'vitest';
import { predictionIds } from '../../../shared/scoring/prediction-ids.ts';

describe('predictionIds', () => {
  it('are UUIDv7 with the time in their first 48 bits', () => {
    const at = Date.UTC(2026, 2, 1, 12);
    const id = predictionIds(() => at, randomFillSync)();
    expect(validate(id)).toBe(true);
    expect(version(id)).toBe(7);
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(at);
  });

  it('only ever grow, within a millisecond and when the clock is set back', () => {
    let now = 1_000_000;
    const next = predictionIds(() => now, randomFillSync);
    const ids = Array.from({ length: 5_000 }, (_, index) => {
      if (index % 1_000 === 0) now += index === 3_000 ? -500_000 : 1;
      return next();
    });
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('grow even where all random bits are set', () => {
    const next = predictionIds(
      () => 5,
      (bytes) => bytes.fill(255),
    );
    const ids = Array.from({ length: 100 }, next);
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(100);
  });
});
