import { z } from 'zod';
import { HOUR_MS } from '../events/log-layout.ts';
import { Failure, type Problem } from '../failure.ts';
import { parseTimestamp } from '../features/timestamp.ts';

/** The most windows of one answer. */
export const MAX_WINDOWS = 400;

const DAY_MS = 24 * HOUR_MS;
const LENGTH_MS = { hour: HOUR_MS, day: DAY_MS } as const;
const DEFAULT_MS = { hour: 24 * HOUR_MS, day: 30 * DAY_MS } as const;

const time = z
  .string()
  .refine((text) => Number.isFinite(parseTimestamp(text)), 'is not an ISO 8601 time')
  .optional();

/** The query of `GET /api/models/{model}/performance`. */
export const performanceQuerySchema = z.object({
  from: time.meta({
    format: 'date-time',
    description: 'No offset means UTC. Default: 24 hours before `to` by hour, 30 days by day',
  }),
  to: time.meta({ format: 'date-time', description: 'Excluded. Default, and the latest: now' }),
  window: z
    .enum(['hour', 'day'], { error: "has to be 'hour' or 'day'" })
    .default('day')
    .meta({ description: `Of UTC. At most ${MAX_WINDOWS} windows` }),
});

/** A stretch of time, its end excluded. Milliseconds since 1970-01-01T00:00Z. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

/**
 * The windows that a query asks for, in order and without gaps: hours or days of UTC, the first and the last cut at
 * `from` and `to`. Where nothing is said, the first is whole.
 * @param query as in the address
 * @param now milliseconds since 1970-01-01T00:00Z
 * @throws Failure `invalid` with every problem; its paths point into the query as if it were an object
 */
export function readWindows(query: Readonly<Record<string, string>>, now: number): TimeWindow[] {
  const parsed = performanceQuerySchema.safeParse(query);
  if (!parsed.success) {
    throw refusal(
      parsed.error.issues.map(({ path, message }) => ({ path: `/${path.map(String).join('/')}`, message })),
    );
  }
  const { window } = parsed.data;
  const length = LENGTH_MS[window];
  const to = parsed.data.to === undefined ? now : Math.min(now, parseTimestamp(parsed.data.to));
  const from =
    parsed.data.from === undefined
      ? Math.floor((to - DEFAULT_MS[window]) / length) * length
      : parseTimestamp(parsed.data.from);
  if (from >= to) throw refusal([{ path: '/from', message: 'has to be before `to`, and before now' }]);
  const first = Math.floor(from / length);
  const count = Math.ceil(to / length) - first;
  if (count > MAX_WINDOWS) {
    const other = window === 'hour' ? 'days, or for a shorter time' : 'a shorter time';
    const message = `makes ${count} windows with \`to\`, more than ${MAX_WINDOWS}: ask for ${other}`;
    throw refusal([{ path: '/from', message }]);
  }
  return Array.from({ length: count }, (_, index) => ({
    from: Math.max(from, (first + index) * length),
    to: Math.min(to, (first + index + 1) * length),
  }));
}

function refusal(problems: readonly Problem[]): Failure {
  const listed = problems.map(({ path, message }) => `${path.slice(1)} ${message}`).join('; ');
  return new Failure('invalid', `The query is not usable: ${listed}`, { problems });
}
