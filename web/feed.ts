/** What the page knows of one route: the last answer, and what went wrong since. Times are in milliseconds since 1970. */
export interface Feed<T> {
  readonly value: T | undefined;
  /** When the value was received. */
  readonly at: number | undefined;
  readonly problem: FeedProblem | undefined;
}

export interface FeedProblem {
  /** `missing`: the app has nothing of this kind (404). */
  readonly kind: 'missing' | 'locked' | 'failed';
  readonly message: string;
  /** When it began. */
  readonly since: number;
}

/** A route that was not asked yet. */
export const UNASKED: Feed<never> = { value: undefined, at: undefined, problem: undefined };

export function received<T>(value: T, at: number): Feed<T> {
  return { value, at, problem: undefined };
}

/**
 * The feed after a call that failed: what was known stays, and is shown with its age. Only a 404 takes it away, for then
 * there is nothing any more.
 * @param status of the reply; 0 where there was none
 */
export function failed<T>(feed: Feed<T>, status: number, message: string, now: number): Feed<T> {
  const kind = status === 404 ? 'missing' : status === 401 ? 'locked' : 'failed';
  const since = feed.problem?.kind === kind ? feed.problem.since : now;
  const problem = { kind, message, since } as const;
  return kind === 'missing' ? { value: undefined, at: undefined, problem } : { ...feed, problem };
}

/** How current a page is whose feeds are these. */
export interface Freshness {
  readonly kind: 'loading' | 'fresh' | 'stale' | 'locked';
  /** The age of the oldest value that is being shown although newer ones could not be had; milliseconds. */
  readonly behind: number;
  /** Which of them fail, by name. */
  readonly failing: readonly string[];
}

export function freshness(feeds: Readonly<Record<string, Feed<unknown>>>, now: number): Freshness {
  const entries = Object.entries(feeds);
  const failing = entries.filter(([, { problem }]) => problem !== undefined && problem.kind !== 'missing');
  const behind = Math.max(0, ...failing.map(([, { at, problem }]) => now - (at ?? problem?.since ?? now)));
  const names = failing.map(([name]) => name);
  if (failing.some(([, { problem }]) => problem?.kind === 'locked'))
    return { kind: 'locked', behind, failing: names };
  if (failing.length > 0) return { kind: 'stale', behind, failing: names };
  const isLoading = entries.some(([, { at, problem }]) => at === undefined && problem === undefined);
  return { kind: isLoading ? 'loading' : 'fresh', behind: 0, failing: [] };
}
