/** All times are shown in UTC, as the logs and the API have them. */

const NOTHING = '–';
const ANY_DIGITS = { maximumFractionDigits: 20 } as const;

/** `21:04:09` */
export function clock(time: number): string {
  return new Date(time).toISOString().slice(11, 19);
}

/** `2026-11-21 21:04`; an unusable text stays as it is. */
export function moment(text: string | undefined): string {
  if (text === undefined) return NOTHING;
  const time = Date.parse(text);
  return Number.isNaN(time) ? text : new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}

/** `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h` @param milliseconds negative ones are none */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  if (minutes < 48 * 60) return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return joined(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** A share as `1.25 %`. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? NOTHING : `${figure(share * 100, 3)} %`;
}

/** A number with so many significant digits, but none of its whole ones lost. */
export function figure(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  const isLarge = Math.abs(value) >= 10 ** digits;
  return minus(
    (isLarge ? Math.round(value) : Number(value.toPrecision(digits))).toLocaleString('en', ANY_DIGITS),
  );
}

/** A count as `12,345`. */
export function whole(count: number): string {
  return count.toLocaleString('en');
}

/** A real minus sign: screen readers say a hyphen as nothing. */
function minus(text: string): string {
  return text.replace(/^-/, '−');
}
