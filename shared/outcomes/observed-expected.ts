import type { Bounded } from '../training/evaluation/interval.ts';
import type { WindowTally } from './window-tally.ts';

/** How many positives turned up where a calibrated model expected how many. */
export interface CalibrationEvidence {
  readonly observed: number;
  /** The sum of the scores of the same rows. */
  readonly expected: number;
  /** Σ over accounts of (their positives)²: `observed` where no account has two. */
  readonly squares: number;
}

/** The band within which estimates count as usable: that of the calibration gate. */
const BAND = { min: 0.8, max: 1.25 } as const;
const Z = 1.959963984540054;

export const NO_EVIDENCE: CalibrationEvidence = { observed: 0, expected: 0, squares: 0 };

/** The evidence of the rows of a window whose outcome is known. */
export function evidenceOf(tally: WindowTally): CalibrationEvidence {
  const observed = tally.confusion.tp + tally.confusion.fn;
  const { accounts } = tally.positiveRows();
  const counts = new Map<number, number>();
  for (const account of accounts) counts.set(account, (counts.get(account) ?? 0) + 1);
  let squares = 0;
  for (const count of counts.values()) squares += count ** 2;
  const kept = Math.max(1, accounts.length);
  return { observed, expected: tally.expected.known, squares: squares * (observed / kept) };
}

export function addEvidence(left: CalibrationEvidence, right: CalibrationEvidence): CalibrationEvidence {
  return {
    observed: left.observed + right.observed,
    expected: left.expected + right.expected,
    squares: left.squares + right.squares,
  };
}

/**
 * Observed over expected with its 95 % interval: Byar's approximation of the exact Poisson limits (Breslow and Day,
 * Statistical methods in cancer research II, 1987, section 2.3), on as many independent positives as there are:
 * observed² over Σ count² of the accounts, because an account's positives come together.
 * @returns undefined where nothing was expected
 */
export function observedToExpected({
  observed,
  expected,
  squares,
}: CalibrationEvidence): Bounded | undefined {
  if (!(expected > 0)) return undefined;
  const value = observed / expected;
  const clustering = observed > 0 ? squares / observed : 1;
  const independent = observed / clustering;
  const scale = clustering / expected;
  return { value, lower: scale * byar(independent, -Z), upper: scale * byar(independent + 1, Z) };
}

function byar(count: number, z: number): number {
  return count === 0 ? 0 : count * (1 - 1 / (9 * count) + z / (3 * Math.sqrt(count))) ** 3;
}

/** Why scores are no probabilities any more; undefined while they may be. */
export function reasonToDistrust(evidence: CalibrationEvidence): string | undefined {
  const ratio = observedToExpected(evidence);
  if (ratio === undefined) return undefined;
  const { value, lower, upper } = ratio;
  const isWithin = value >= BAND.min && value <= BAND.max;
  if (isWithin || (lower <= 1 && upper >= 1)) return undefined;
  return (
    `observed/expected positives are ${value.toFixed(2)} (${lower.toFixed(2)} to ${upper.toFixed(2)}),` +
    ` outside of ${BAND.min} to ${BAND.max}: the scores are not calibrated`
  );
}
