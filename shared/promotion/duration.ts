import { z } from 'zod';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(\d{1,6})([smhd])$/;

/** A duration such as `10s`, `15m`, `24h` or `7d`. */
export const durationSchema = z.string().regex(DURATION, {
  error: "has to be a duration such as '10s', '15m', '24h' or '7d'",
  // Whatever is checked of the whole may then take it for one.
  abort: true,
});

/** A duration that `durationSchema` takes, in milliseconds. */
export function milliseconds(duration: string): number {
  const [, amount, unit] = DURATION.exec(duration) ?? [];
  if (amount === undefined || !isUnit(unit)) throw new RangeError(`'${duration}' is not a duration`);
  return Number(amount) * UNITS[unit];
}

function isUnit(unit: string | undefined): unit is keyof typeof UNITS {
  return unit !== undefined && unit in UNITS;
}
