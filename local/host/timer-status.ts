import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../atomic-file.ts';
import type { Schedule } from './cron.ts';

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** .NET's `default(DateTime)`: it never ran. */
const NEVER = '0001-01-01T00:00:00';

const wireTime = z
  .string()
  .transform((text) => (/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`))
  .pipe(time);

const wireStatus = z.object({
  Last: z.union([
    z
      .string()
      .startsWith(NEVER)
      .transform(() => null),
    wireTime,
  ]),
  Next: wireTime,
  LastUpdated: wireTime,
});

const statusFile = z.object({ last: time.nullable(), next: time, lastUpdated: time });

/** What is known of a timer's past and future; times in milliseconds since 1970. */
export interface TimerStatus {
  /** The start of the last run; null when it never ran. */
  readonly last: number | null;
  readonly next: number;
  readonly lastUpdated: number;
}

/** Where timers are remembered, by their functions' names. */
export interface TimerStatuses {
  /** @throws Error when it cannot be read or is not a timer's status */
  read(functionName: string): Promise<TimerStatus | undefined>;
  write(functionName: string, status: TimerStatus): Promise<void>;
}

/**
 * Where a timer stands when a host takes it over. A run was missed only where an earlier one is recorded, or where it
 * was due while this host was already there, and the schedule is still the same: neither a new stack nor a changed
 * schedule runs anything late.
 * @param recorded what the last host left; undefined for a new timer
 * @param since when this host started: from then on another one was to run the timer, if not this one
 * @returns undefined when the schedule has no occurrence left
 */
export function statusAtStart(
  recorded: TimerStatus | undefined,
  schedule: Schedule,
  now: number,
  since = now,
): { readonly status: TimerStatus; readonly isPastDue: boolean } | undefined {
  const upcoming = schedule.next(now);
  if (
    recorded !== undefined &&
    (recorded.last !== null || recorded.next > since) &&
    schedule.next(recorded.last ?? recorded.lastUpdated) === recorded.next
  ) {
    return { status: recorded, isPastDue: now > recorded.next };
  }
  if (upcoming === undefined) return undefined;
  return { status: { last: null, next: upcoming, lastUpdated: now }, isPastDue: false };
}

/**
 * Where a timer stands after a run.
 * @param started when the run began
 * @param due what it ran for; a clock that fired early must not make the same occurrence the next one
 */
export function statusAfterRun(
  schedule: Schedule,
  started: number,
  due: number | undefined,
): TimerStatus | undefined {
  const counted = due !== undefined && due > started ? due : started;
  const next = schedule.next(counted);
  return next === undefined ? undefined : { last: counted, next, lastUpdated: counted };
}

/** The names and the format in which Azure's host sends and stores a status; the library lowers the first letters. */
export function statusToWire(status: TimerStatus): Record<string, string> {
  return {
    Last: status.last === null ? NEVER : toWireTime(status.last),
    Next: toWireTime(status.next),
    LastUpdated: toWireTime(status.lastUpdated),
  };
}

function toWireTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '+00:00');
}

/** @throws Error when it is not what Azure's host stores */
export function statusFromWire(json: unknown): TimerStatus {
  const { Last, Next, LastUpdated } = wireStatus.parse(json);
  return { last: Last, next: Next, lastUpdated: LastUpdated };
}

/** Files that remember timers, one for each function. */
export class FolderTimerStatuses implements TimerStatuses {
  readonly #folder: string;

  constructor(stateDirectory: string) {
    this.#folder = join(stateDirectory, 'timers');
  }

  async read(functionName: string): Promise<TimerStatus | undefined> {
    const path = this.#path(functionName);
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw new Error(`Cannot read ${path}: ${String(error)}`, { cause: error });
    }
    try {
      return statusFile.parse(JSON.parse(text));
    } catch (error) {
      throw new Error(`${path} is not a timer's status: ${String(error)}`, { cause: error });
    }
  }

  async write(functionName: string, status: TimerStatus): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const text = JSON.stringify({
      last: status.last === null ? null : new Date(status.last).toISOString(),
      next: new Date(status.next).toISOString(),
      lastUpdated: new Date(status.lastUpdated).toISOString(),
    });
    await replaceFile(this.#path(functionName), `${text}\n`);
  }

  #path(functionName: string): string {
    return join(this.#folder, `${functionName}.json`);
  }
}
