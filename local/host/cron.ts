import { Cron } from 'croner';

const minimumGap = 60_000;

/** When a timer runs; all times are UTC, in milliseconds since 1970. */
export interface Schedule {
  /** The first occurrence after (never at) the given time, or undefined when there is none. */
  readonly next: (after: number) => number | undefined;
}

const names = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat';
const part = `(?:\\*|(?:\\d+|${names})(?:-(?:\\d+|${names}))?)(?:/\\d+)?`;
const field = new RegExp(`^${part}(?:,${part})*$`, 'i');
/** The largest value of seconds, minutes, hours, days, months, days of the week. */
const largest = [59, 59, 23, 31, 12, 6];

/**
 * Reads an NCRONTAB expression: `{second} {minute} {hour} {day} {month} {day of week}`, or five fields without
 * seconds. Days of the week are 0 (Sunday) to 6; where both kinds of day are restricted, both must hold.
 * @throws Error saying what is wrong with the expression
 */
export function parseSchedule(expression: string): Schedule {
  const text = expression.trim();
  if (/^\d+(?:\.\d+)?:\d\d:\d\d/.test(text)) {
    throw new Error(`the schedule '${text}' is a time span; only NCRONTAB expressions are supported.`);
  }
  const fields = text.split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) {
    throw new Error(
      `the schedule '${text}' is not an NCRONTAB expression: it has ${String(fields.length)} fields.`,
    );
  }
  const limits = fields.length === 6 ? largest : largest.slice(1);
  const wrong = fields.find((one) => !field.test(one));
  if (wrong !== undefined)
    throw new Error(`the schedule '${text}' is not an NCRONTAB expression at '${wrong}'.`);
  if (/(?:^|[-,])[7-9](?:$|[-,/])/.test(fields.at(-1) ?? '')) {
    throw new Error(`the schedule '${text}' is not an NCRONTAB expression: days of the week are 0 to 6.`);
  }
  // `5/15` means from 5 to the end by 15; croner wants the end said.
  const plain = fields.map((one, index) =>
    one
      .split(',')
      .map((item) => item.replace(/^(\w+)\//, `$1-${String(limits[index] ?? 0)}/`))
      .join(','),
  );
  let cron: Cron;
  try {
    cron = new Cron(plain.join(' '), {
      paused: true,
      timezone: 'UTC',
      domAndDow: true,
      mode: fields.length === 6 ? '6-part' : '5-part',
    });
  } catch (error) {
    throw new Error(`the schedule '${text}' is not an NCRONTAB expression: ${String(error)}`, {
      cause: error,
    });
  }
  return {
    next: (after) => cron.nextRun(new Date(after))?.getTime(),
  };
}

/** Whether Azure keeps no record of a timer because its occurrences are less than a minute apart. */
export function isFrequent(schedule: Schedule, now: number): boolean {
  const first = schedule.next(now);
  const second = first === undefined ? undefined : schedule.next(first);
  return first !== undefined && second !== undefined && second - first < minimumGap;
}
