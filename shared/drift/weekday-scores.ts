import type { Layout } from '../features/definition.ts';
import type { CheckWindow } from './check-window.ts';
import type { ColumnEvidence } from './column-evidence.ts';
import { featureColumns } from './drift-columns.ts';

/** From here on a window has every weekday. */
const WEEK_MS = 7 * 86_400_000;

/** Whether a feature of the model is made of the weekday. */
export function asksForWeekday(layout: Layout): boolean {
  const weekdays = new Set(
    layout.columns.filter(({ derive }) => derive?.part === 'dayOfWeek').map(({ name }) => name),
  );
  return featureColumns(layout).some(({ from = [] }) => from.some((name) => weekdays.has(name)));
}

/**
 * Takes the score and the decisions out of the tests where they say only which day it is: a model that asks for the
 * weekday scores a Saturday otherwise than the week that it was made from, although nothing has changed. (Two features
 * that were worth nothing to a model moved its scores' KS by .095.)
 */
export function withoutWeekdayScores(
  columns: readonly ColumnEvidence[],
  { from, to }: CheckWindow,
): ColumnEvidence[] {
  if (to - from >= WEEK_MS) return [...columns];
  return columns.map((column) =>
    column.role === 'score' || column.role === 'decision' ? { ...column, untested: 'calendar' } : column,
  );
}
