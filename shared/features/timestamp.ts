/** Which number of a point in time a column or feature holds; always in UTC. */
export type TimePart = 'hour' | 'dayOfWeek' | 'dayOfMonth' | 'month';

const DAY_MS = 86_400_000;
/** The years 1 to 9999 in UTC: an offset must not carry a time to where four digits can't name its year. */
const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** How a timestamp may be written; for documents (the parser below decides, and also refuses dates that don't exist). */
export const TIMESTAMP_PATTERN =
  /^\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:[Zz]|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Reads an ISO 8601 date or date-time: `2025-08-11`, `2025-08-11T17:36`, `2025-08-11T17:36:37.015811+02:00`; a space
 * may stand for the T (RFC 3339), no offset means UTC. Digits beyond the millisecond are cut off.
 * Written by hand because `Date.parse` takes a missing offset for local time, accepts 2025-02-30 and is slower.
 * @returns milliseconds since 1970-01-01T00:00Z, or NaN where the text is no such date or the date does not exist
 */
export function parseTimestamp(text: string): number {
  const length = text.length;
  if (length < 10 || length > 35 || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return Number.NaN;
  const year = pair(text, 0) * 100 + pair(text, 2);
  const month = pair(text, 5);
  const day = pair(text, 8);
  const midnight = midnightOf(year, month, day);
  if (length === 10) return midnight;

  const separator = text.charCodeAt(10);
  if (separator !== 84 && separator !== 116 && separator !== 32) return Number.NaN;
  if (text.charCodeAt(13) !== 58) return Number.NaN;
  const hour = pair(text, 11);
  const minute = pair(text, 14);
  if (!(hour < 24 && minute < 60)) return Number.NaN;
  let at = 16;
  let ms = (hour * 60 + minute) * 60_000;
  if (text.charCodeAt(at) === 58) {
    const second = pair(text, 17);
    if (!(second < 60)) return Number.NaN;
    ms += second * 1000;
    at = 19;
    const point = text.charCodeAt(at);
    if (point === 46 || point === 44) {
      const end = endOfDigits(text, at + 1);
      if (end === at + 1 || end > at + 10) return Number.NaN;
      ms += milliseconds(text, at + 1, end);
      at = end;
    }
  }
  const time = midnight + ms - offsetAt(text, at);
  return time >= EARLIEST && time <= LATEST ? time : Number.NaN;
}

/** The part of a time in UTC: hour 0–23, day of the week with 0 = Monday, day of the month 1–31, month 1–12. */
export function timePart(epochMs: number, part: TimePart): number {
  switch (part) {
    case 'hour':
      return Math.floor((((epochMs % DAY_MS) + DAY_MS) % DAY_MS) / 3_600_000);
    case 'dayOfWeek':
      // 1970-01-01 was a Thursday
      return (((Math.floor(epochMs / DAY_MS) + 3) % 7) + 7) % 7;
    case 'dayOfMonth':
      return new Date(epochMs).getUTCDate();
    case 'month':
      return new Date(epochMs).getUTCMonth() + 1;
  }
}

/** The number in two digits; NaN where one of them is no digit or lies behind the end. */
function pair(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function midnightOf(year: number, month: number, day: number): number {
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = month === 2 && leap ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0);
  return day <= days ? daysSinceEpoch(year, month, day) * DAY_MS : Number.NaN;
}

/** Proleptic Gregorian calendar; the years start in March so that the leap day comes last. After Howard Hinnant, `days_from_civil`. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function endOfDigits(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57) at += 1;
  return at;
}

function milliseconds(text: string, from: number, end: number): number {
  let value = 0;
  for (let digit = 0; digit < 3; digit += 1) {
    value = value * 10 + (from + digit < end ? text.charCodeAt(from + digit) - 48 : 0);
  }
  return value;
}

/** Milliseconds to take off for the offset that starts at `at` and must end the text; NaN where it is none. */
function offsetAt(text: string, at: number): number {
  if (at === text.length) return 0;
  const sign = text.charCodeAt(at);
  if (sign === 90 || sign === 122) return at + 1 === text.length ? 0 : Number.NaN;
  if (sign !== 43 && sign !== 45) return Number.NaN;
  const hours = pair(text, at + 1);
  const colon = text.charCodeAt(at + 3) === 58 ? 1 : 0;
  const minutes = pair(text, at + 3 + colon);
  if (!(hours < 24 && minutes < 60) || at + 5 + colon !== text.length) return Number.NaN;
  const offset = (hours * 60 + minutes) * 60_000;
  return sign === 45 ? -offset : offset;
}
