const DAY_MS = 86_400_000;

/** A card's rows of one day. */
interface CardOfDay {
  readonly card: number;
  readonly score: number;
  readonly positive: boolean;
}

/** For each day (UTC), ascending, its cards from the highest score to the lowest. */
export interface CardDays {
  readonly cards: number;
  readonly days: readonly (readonly CardOfDay[])[];
}

export interface CardRows {
  readonly y: Uint8Array;
  readonly p: Float64Array;
  /** The card (entity) of each row, counted from 0; negative where a row has none. */
  readonly card: Int32Array;
  /** Event times in epoch milliseconds. */
  readonly time: Float64Array;
  /** For each card, when it is known to be positive, in epoch milliseconds; infinite where it never is. */
  readonly knownFrom: Float64Array;
}

/**
 * Groups rows by day and card: a card's score is its highest of the day, and it is positive where any of its rows is.
 * Cards that are known to be positive before the day starts are left out. The definition is that of Le Borgne
 * et al., 2022 (a practical handbook of machine learning for card transactions), chapter 4.
 */
export function cardDays({ y, p, card, time, knownFrom }: CardRows): CardDays {
  const days = new Map<number, Map<number, CardOfDay>>();
  for (let row = 0; row < y.length; row += 1) {
    const mine = card[row]!;
    const day = Math.floor(time[row]! / DAY_MS);
    if (mine < 0 || Number.isNaN(day) || knownFrom[mine]! < day * DAY_MS) continue;
    const cards = days.get(day) ?? new Map<number, CardOfDay>();
    days.set(day, cards);
    const so = cards.get(mine);
    cards.set(mine, {
      card: mine,
      score: Math.max(p[row]!, so?.score ?? 0),
      positive: y[row] === 1 || so?.positive === true,
    });
  }
  const ascending = [...days].toSorted(([a], [b]) => a - b);
  return {
    cards: knownFrom.length,
    days: ascending.map(([, cards]) =>
      [...cards.values()].toSorted((a, b) => b.score - a.score || a.card - b.card),
    ),
  };
}

/**
 * Card precision@k: of the k cards with the highest scores of a day, the share that is positive, on average of the days.
 * A positive card that was among them is known from then on, and not looked at again.
 * @param copies how often each card counts; 1 where absent
 * @returns NaN without a day
 */
export function cardPrecision({ cards, days }: CardDays, k: number, copies?: Uint8Array): number {
  const known = new Uint8Array(cards);
  let sum = 0;
  for (const day of days) {
    let room = k;
    for (const { card, positive } of day) {
      if (room === 0) break;
      if (known[card] === 1) continue;
      const taken = Math.min(room, copies?.[card] ?? 1);
      room -= taken;
      if (!positive || taken === 0) continue;
      sum += taken / k;
      known[card] = 1;
    }
  }
  return sum / days.length;
}

/** When each card is known to be positive: the maturity of a label after its first positive row. */
export function knownSince(
  cards: number,
  rows: { readonly y: Uint8Array; readonly card: Int32Array; readonly time: Float64Array },
  maturityMs: number,
): Float64Array {
  const from = new Float64Array(cards).fill(Infinity);
  for (let row = 0; row < rows.y.length; row += 1) {
    const card = rows.card[row]!;
    if (rows.y[row] !== 1 || card < 0 || Number.isNaN(rows.time[row]!)) continue;
    from[card] = Math.min(from[card]!, rows.time[row]! + maturityMs);
  }
  return from;
}
