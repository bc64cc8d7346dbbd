import type { ColumnEvidence, RateEvidence } from '../../../shared/drift/column-evidence.ts';

const NEVER: RateEvidence = { reference: 0, current: 0, pValue: 1 };

/** A numeric input that has not changed, unless said otherwise. */
export function numeric(parts: Partial<ColumnEvidence> = {}): ColumnEvidence {
  return {
    column: 'amount',
    role: 'input',
    kind: 'numeric',
    rows: { reference: 20_000, current: 20_000 },
    distinct: 1_001,
    statistics: { ks: 0.005, ksPValue: 0.9, psi: 0.001, jensenShannon: 0.01, wassersteinNormed: 0.01 },
    missing: NEVER,
    outOfRange: NEVER,
    importance: 0.1,
    ...parts,
  };
}

export function categorical(parts: Partial<ColumnEvidence> = {}): ColumnEvidence {
  return numeric({
    column: 'country',
    kind: 'categorical',
    distinct: 10,
    statistics: { psi: 0.001, jensenShannon: 0.01, chiSquare: 4, chiSquarePValue: 0.9 },
    totalVariation: 0.005,
    outOfRange: NEVER,
    unseen: { share: 0, values: [] },
    ...parts,
  });
}

/** A share of the rows, such as that of the positive labels. */
export function rate(
  reference: number,
  current: number,
  pValue: number,
  parts: Partial<ColumnEvidence> = {},
): ColumnEvidence {
  return numeric({
    column: 'flagged',
    role: 'decision',
    kind: 'rate',
    distinct: 2,
    statistics: { jensenShannon: 0.01, chiSquarePValue: pValue },
    totalVariation: Math.abs(current - reference),
    rate: { reference, current, pValue },
    ...parts,
  });
}

/** So that the evidence says p, whatever is divided by. */
export const SURE = 1e-12;
