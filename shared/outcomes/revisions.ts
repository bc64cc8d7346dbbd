/** One of the things that were said of a prediction. Times are milliseconds since 1970-01-01T00:00Z. */
export interface Revision {
  readonly label: 0 | 1;
  readonly observedAt?: number | undefined;
  /** When the app received it. */
  readonly receivedAt: number;
  readonly source?: string | undefined;
}

/** What counts of all that was said of a prediction. */
export interface LabelOutcome {
  readonly label: 0 | 1;
  readonly observedAt: number;
  readonly source?: string;
}

/**
 * The revision that counts: the one that was observed last. One that does not say when counts from when it was first
 * received, so that the same one sent again changes nothing. Of two that were observed at the same time and disagree,
 * 1 counts. The result does not depend on the order in which they came, nor on how often.
 */
export function latestOf(revisions: Iterable<Revision>): LabelOutcome | undefined {
  const said = [...revisions];
  const times = emptyTimes();
  for (const one of said) note(times, one);
  const latest = latestTime(times);
  if (latest === undefined) return undefined;
  const { label, observedAt } = latest;
  const sources = said
    .filter((one) => one.label === label && (one.observedAt ?? one.receivedAt) === observedAt)
    .flatMap(({ source }) => source ?? []);
  const source = sources.toSorted()[0];
  return { ...latest, ...(source === undefined ? {} : { source }) };
}

/**
 * All that has to be remembered of a prediction's revisions, in the order of `SLOTS`: when each label was last observed,
 * and when it was first received without a time. NaN for never.
 */
export type Times = Float64Array;
export const SLOTS = { observed: [0, 1], received: [2, 3] } as const;
export const TIMES = 4;

export function emptyTimes(): Times {
  return new Float64Array(TIMES).fill(Number.NaN);
}

/** Takes note of a revision. */
export function note(times: Times, { label, observedAt, receivedAt }: Revision): void {
  const slot = (observedAt === undefined ? SLOTS.received : SLOTS.observed)[label];
  const before = times[slot] ?? Number.NaN;
  const time = observedAt ?? receivedAt;
  const replaces = observedAt === undefined ? time < before : time > before;
  if (Number.isNaN(before) || replaces) times[slot] = time;
}

/** The revision that counts of what was noted. */
export function latestTime(times: Times): { readonly label: 0 | 1; readonly observedAt: number } | undefined {
  const last = (label: 0 | 1): number =>
    Math.max(
      orNever(times[SLOTS.observed[label]] ?? Number.NaN),
      orNever(times[SLOTS.received[label]] ?? Number.NaN),
    );
  const [zero, one] = [last(0), last(1)];
  const observedAt = Math.max(zero, one);
  if (observedAt === Number.NEGATIVE_INFINITY) return undefined;
  return { label: one >= zero ? 1 : 0, observedAt };
}

function orNever(time: number): number {
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
}
