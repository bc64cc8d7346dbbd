import type { ColumnEvidence } from './column-evidence.ts';
import { keyOf, type Measured, type SeasonalFloors } from './column-verdict.ts';
import { rateRatio } from './rate-ratio.ts';

/** Days of history from which on a day is compared with the same weekday of the weeks before. */
export const SEASONAL_DAYS = 28;
/** A day has to differ by so much more than the reference's days differ by themselves. */
const MARGIN = 1.1;

/**
 * The floors of days that differ by themselves: 1.1 times the largest effect that a day of the reference has against the
 * same weekday of its other weeks.
 *
 * @param days what was measured of each such day
 */
export function seasonalFloors(days: readonly (readonly ColumnEvidence[])[]): SeasonalFloors {
  const floors = new Map<string, Map<Measured, number>>();
  for (const column of days.flat()) {
    const own = floors.get(keyOf(column)) ?? new Map<Measured, number>();
    floors.set(keyOf(column), own);
    for (const [measured, effect] of effectsOf(column)) {
      own.set(measured, Math.max(own.get(measured) ?? 0, MARGIN * effect));
    }
  }
  return floors;
}

/** Every effect that a floor can be for. */
function effectsOf(column: ColumnEvidence): [Measured, number][] {
  const { statistics, totalVariation, rate, missing, outOfRange, unseen, rows } = column;
  const given: [Measured, number | undefined][] = [
    ['ks', statistics.ks],
    ['psi', statistics.psi],
    ['jensenShannon', statistics.jensenShannon],
    ['wassersteinNormed', statistics.wassersteinNormed],
    ['totalVariation', totalVariation],
    ['rateRatio', rate && rateRatio(rate, rows)],
    ['missingRatio', rateRatio(missing, rows)],
    ['outOfRangeRatio', outOfRange && rateRatio(outOfRange, rows)],
    ['unseenShare', unseen?.share],
  ];
  return given.flatMap(([measured, effect]) => (effect === undefined ? [] : [[measured, effect]]));
}
