import { z } from 'zod';
import { Failure } from '../failure.ts';

const DAY_MS = 86_400_000;
/** A window is read at once, so it has an end. */
const LONGEST_MS = 31 * DAY_MS;

const timeSchema = z.iso.datetime({ offset: true, local: true });

/** `POST …/drift`: all of it may be left out. */
export const driftWindowSchema = z
  .strictObject({ from: timeSchema.optional(), to: timeSchema.optional() })
  .meta({ id: 'DriftWindow', description: 'From the later of 24 hours ago and the last report, to now' });
export type DriftWindow = z.infer<typeof driftWindowSchema>;

/** The predictions of `[from, to)` that are checked; milliseconds since 1970-01-01T00:00Z. */
export interface CheckWindow {
  readonly from: number;
  readonly to: number;
}

/**
 * The window that was asked for: by default from the later of 24 hours before its end and the last report's end.
 * @param lastEnd the end of the newest report
 * @throws Failure `invalid` for one that is empty, too long, or not over yet
 */
export function checkWindow(asked: DriftWindow, now: number, lastEnd: number | undefined): CheckWindow {
  const to = asked.to === undefined ? now : timeOf(asked.to);
  const usual = Math.max(to - DAY_MS, lastEnd !== undefined && lastEnd < to ? lastEnd : -Infinity);
  const from = asked.from === undefined ? usual : timeOf(asked.from);
  if (to > now) throw wrong('/to', 'is in the future');
  if (from >= to) throw wrong('/from', 'is not before the end of the window');
  if (to - from > LONGEST_MS) throw wrong('/from', 'is more than 31 days before the end of the window');
  return { from, to };
}

/** A report's id: the same window of the same version always has the same one, so it is checked once. */
export function reportIdOf(version: string, { from, to }: CheckWindow): string {
  return `v${version}-${compact(from)}-${compact(to)}`;
}

export const reportIdSchema = z
  .string()
  .regex(/^v[1-9]\d{0,8}-\d{8}T\d{9}Z-\d{8}T\d{9}Z$/, 'is not the id of a drift report');

/** A time without an offset is one of UTC. */
function timeOf(text: string): number {
  return Date.parse(/(?:Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`);
}

function compact(time: number): string {
  return new Date(time).toISOString().replaceAll(/[-:.]/g, '');
}

function wrong(path: string, message: string): Failure {
  return new Failure('invalid', `The window cannot be checked: ${path} ${message}`, {
    problems: [{ path, message }],
  });
}
