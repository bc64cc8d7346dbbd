import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../atomic-file.ts';
import type { Schedule } from './cron.ts';

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const statusFile = z.object({ last: time.nullable(), next: time, lastUpdated: time });

/** What is known of a timer's past and future; times in milliseconds since 1970. */
export interface TimerStatus {
  /** The start of the last run; null when it never ran. */
  readonly last: number | null;
  readonly next: number;
  readonly lastUpdated: number;
}

/**
 * Where a timer stands when the host starts. A run was missed only where an earlier one is recorded and the
 * schedule is still the same: neither a new stack nor a changed schedule runs anything late.
 * @param recorded what the last host left; undefined for a new timer
 * @returns undefined when the schedule has no occurrence left
 */
export function statusAtStart(
  recorded: TimerStatus | undefined,
  schedule: Schedule,
  now: number,
): { readonly status: TimerStatus; readonly isPastDue: boolean } | undefined {
  const upcoming = schedule.next(now);
  if (recorded?.last != null && schedule.next(recorded.last) === recorded.next) {
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

/** The files that remember timers, one for each function. */
export class TimerStatusStore {
  readonly #folder: string;

  constructor(stateDirectory: string) {
    this.#folder = join(stateDirectory, 'timers');
  }

  /** @throws Error naming a file that cannot be read or is not a timer's status */
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
