import { concurrently } from '../events/concurrently.ts';
import { HOUR_MS, hourOf } from '../events/log-layout.ts';
import { LEAST_ROWS } from './broken.ts';
import type { CheckWindow } from './check-window.ts';
import type { ColumnEvidence } from './column-evidence.ts';
import type { SeasonalFloors } from './column-verdict.ts';
import { mergeHistograms, type WindowHistogram } from './histogram.ts';
import { SEASONAL_DAYS, seasonalFloors } from './seasonal-floors.ts';

const DAY_MS = 24 * HOUR_MS;
const WEEK = 7;
/** Each day is up to 25 hours, which are read together. */
const DAYS_AT_ONCE = 2;

/** The same hours of the same weekday of the four weeks before, and what days differ by themselves. */
export interface SeasonalReference {
  readonly reference: WindowHistogram;
  readonly floors: SeasonalFloors;
}

/** What a reference of weekdays is made with. */
export interface SeasonalParts {
  /** What the version's predictions of `[from, to)` looked like. */
  readonly read: (window: CheckWindow) => Promise<WindowHistogram>;
  readonly measure: (reference: WindowHistogram, current: WindowHistogram) => readonly ColumnEvidence[];
}

/**
 * What a window is held against once there are 28 days of history: the same whole hours, 7, 14, 21 and 28 days before.
 * @returns undefined where the window is longer than a day, or one of those days has fewer rows than can be tested
 */
export async function seasonalReference(
  { read, measure }: SeasonalParts,
  { from, to }: CheckWindow,
): Promise<SeasonalReference | undefined> {
  if (to - from > DAY_MS) return undefined;
  const [first, last] = [hourOf(from), hourOf(to - 1) + HOUR_MS];
  const daysBefore = (days: number) => read({ from: first - days * DAY_MS, to: last - days * DAY_MS });
  // The oldest tells by itself that there is no history, as there is none for most.
  const oldest = await daysBefore(SEASONAL_DAYS);
  if (oldest.rows < LEAST_ROWS) return undefined;
  const days = new Map([[SEASONAL_DAYS, oldest]]);
  const others = Array.from({ length: SEASONAL_DAYS - 1 }, (_, day) => day + 1);
  await concurrently(others, DAYS_AT_ONCE, async (day) => void days.set(day, await daysBefore(day)));
  const same = [...days].filter(([day]) => day % WEEK === 0).map(([, day]) => day);
  if (same.some(({ rows }) => rows < LEAST_ROWS)) return undefined;
  const own = [...Map.groupBy(days, ([day]) => day % WEEK).values()].flatMap((weekday) =>
    againstTheOthers(
      weekday.map(([, day]) => day),
      measure,
    ),
  );
  return { reference: same.reduce(mergeHistograms), floors: seasonalFloors(own) };
}

/** What each of the days of one weekday differs by from the others. */
export function againstTheOthers(
  days: readonly WindowHistogram[],
  measure: SeasonalParts['measure'],
): (readonly ColumnEvidence[])[] {
  const usable = days.filter(({ rows }) => rows >= LEAST_ROWS);
  if (usable.length < 2) return [];
  return usable.map((day, index) => measure(usable.toSpliced(index, 1).reduce(mergeHistograms), day));
}
