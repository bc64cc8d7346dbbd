import { describe, expect, it } from 'vitest';
import reference from '../../../fixtures/card-precision-reference.json' with { type: 'json' };
import {
  cardDays,
  cardPrecision,
  knownSince,
} from '../../../../shared/training/evaluation/card-precision.ts';

const DAY = 86_400_000;
const y = Uint8Array.from(reference.y);
const p = Float64Array.from(reference.p);
const card = Int32Array.from(reference.card);
const time = Float64Array.from(reference.time);
const cards = 70;

function days(maturityDays: number) {
  const known = knownSince(cards, { y, card, time }, maturityDays * DAY);
  for (const one of reference.known) known[one] = -Infinity;
  return cardDays({ y, p, card, time, knownFrom: known });
}

describe('card precision', () => {
  it.each(reference.cases)(
    'of the $k highest cards a day, labels known after $maturityDays days, is that of a plain count',
    ({ k, maturityDays, precision }) => {
      expect(cardPrecision(days(maturityDays), k)).toBeCloseTo(precision, 12);
    },
  );

  it('counts a card that was drawn twice as two, and one that was not drawn not at all', () => {
    const two = {
      y: Uint8Array.of(1, 0, 0),
      p: Float64Array.of(0.9, 0.8, 0.7),
      card: Int32Array.of(0, 1, 2),
    };
    const table = cardDays({
      ...two,
      time: new Float64Array(3),
      knownFrom: new Float64Array(3).fill(Infinity),
    });
    expect(cardPrecision(table, 2)).toBe(0.5);
    expect(cardPrecision(table, 2, Uint8Array.of(2, 1, 1))).toBe(1);
    expect(cardPrecision(table, 2, Uint8Array.of(0, 1, 1))).toBe(0);
  });

  it('is not defined without a day', () => {
    expect(cardPrecision({ cards: 1, days: [] }, 100)).toBeNaN();
  });
});
