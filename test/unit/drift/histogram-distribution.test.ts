import { describe, expect, it } from 'vitest';
import { distributionsOf } from '../../../shared/drift/histogram-distribution.ts';
import { createRandom } from '../../../shared/training/random.ts';
import { simulatedBaseline, simulatedWindow } from '../../../tools/drift-windows.ts';

const ROWS = 2_000;
const random = createRandom(3);
const { spec, reference } = simulatedBaseline(ROWS, random);
const current = simulatedWindow(spec, ROWS, random, () => 2);
const sum = (counts: readonly number[]) => counts.reduce((total, rows) => total + rows, 0);

describe('what is drawn of two histograms', () => {
  const drawn = distributionsOf(spec, reference, current, spec);

  it('has every row that has a value, in bars or beyond them', () => {
    expect(drawn.map(({ column }) => column)).toEqual(spec.map(({ column }) => column));
    for (const one of drawn.filter(({ column }) => column !== 'often missing')) {
      const beyond = one.kind === 'numeric' ? one.beyond : undefined;
      expect(sum(one.reference) + (beyond?.reference ?? 0)).toBeCloseTo(ROWS, 6);
      expect(sum(one.current) + (beyond?.current ?? 0)).toBeCloseTo(ROWS, 6);
    }
  });

  it('shows a shift where it is', () => {
    const uniform = drawn.find(({ column }) => column === 'uniform');
    const half = (counts: readonly number[] = []) => sum(counts.slice(0, counts.length / 2)) / sum(counts);
    expect(half(uniform?.reference)).toBeCloseTo(0.5, 1);
    // Twice as large: of what is below 1 all is spread evenly, and half of the rows lie beyond.
    expect(uniform).toMatchObject({ kind: 'numeric' });
    expect(sum(uniform?.current ?? [])).toBeGreaterThan(0.4 * ROWS);
  });
});
