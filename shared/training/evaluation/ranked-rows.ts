import type { Policy } from '../../scoring/decide.ts';
import { decide } from '../../scoring/decide.ts';
import { calibrationLine, type CalibrationLine, logit } from './calibration.ts';
import { type Costs, decisionCost } from './costs.ts';

/** Scored and labelled rows, and what their decisions depend on. */
export interface ScoredRows {
  /** 1 for positive, 0 for negative. */
  readonly y: Uint8Array;
  /** Probabilities of being positive. */
  readonly p: Float64Array;
  /** One per row; 1 where absent. */
  readonly weights?: Float64Array;
  readonly policy: Policy;
  readonly costs: Costs;
  /** What each row's approval costs if it is positive; `costs.loss` where absent. */
  readonly losses?: Float64Array;
}

/** Numbers per row in `RankedRows.terms`. */
export const TERMS = 9;

/** Rows from the highest score to the lowest, with all that does not change when their weights do. */
export interface RankedRows {
  readonly rows: number;
  /** Row number of each rank. */
  readonly order: Uint32Array;
  /** Label of each rank. */
  readonly y: Uint8Array;
  /** For each group of equal scores, the rank after its last row. */
  readonly tieEnds: Uint32Array;
  /** For each tenth of the probabilities from the highest, the rank after its last row. */
  readonly binEnds: Uint32Array;
  /** How many rows are reviewed or blocked. */
  readonly flagged: number;
  /**
   * Per rank: log loss, squared error, cost, probability, and the gradient and Hessian terms of the calibration line.
   * They are interleaved, since a resample reads all of a row's at once.
   */
  readonly terms: Float64Array;
  readonly line: CalibrationLine | undefined;
  /** The rows' own weights, by row number. */
  readonly weights: Float64Array;
}

/** Bins of the expected calibration error: tenths of the probability (Naeini, Cooper, Hauskrecht, 2015). */
const BINS = 10;

/**
 * Sorts rows once, so that each resample of their weights is one pass over them.
 * @throws {RangeError} when lengths differ, or a probability is not within 0 and 1
 */
export function rankRows({ y, p, weights, policy, costs, losses }: ScoredRows): RankedRows {
  const rows = y.length;
  for (const other of [p, weights, losses]) {
    if (other !== undefined && other.length !== rows)
      throw new RangeError(`${rows} labels but ${other.length} values.`);
  }
  const bad = p.findIndex((probability) => !(probability >= 0 && probability <= 1));
  if (bad >= 0) throw new RangeError(`The probability of row ${bad} is ${p[bad]}, not within 0 and 1.`);

  const order = Uint32Array.from({ length: rows }, (_, row) => row).sort((a, b) => p[b]! - p[a]! || a - b);
  const line = calibrationLine(y, p, weights);
  const terms = new Float64Array(rows * TERMS);
  const tieEnds: number[] = [];
  const binEnds = new Uint32Array(BINS);
  let flagged = 0;
  for (let rank = 0; rank < rows; rank += 1) {
    const row = order[rank]!;
    const [label, score] = [y[row]!, p[row]!];
    if (rank + 1 === rows || p[order[rank + 1]!] !== score) tieEnds.push(rank + 1);
    binEnds[BINS - 1 - Math.min(Math.floor(score * BINS), BINS - 1)] = rank + 1;
    const decision = decide(score, policy);
    if (decision !== 'approve') flagged = rank + 1;
    const kept = Math.min(Math.max(score, Number.EPSILON), 1 - Number.EPSILON);
    const loss = losses?.[row] ?? (typeof costs.loss === 'number' ? costs.loss : 0);
    terms.set(
      [
        -Math.log(label === 1 ? kept : 1 - kept),
        (score - label) ** 2,
        decisionCost(decision, label, loss, costs),
        score,
        ...lineTerms(line, label, logit(score)),
      ],
      rank * TERMS,
    );
  }
  for (let bin = 1; bin < BINS; bin += 1) binEnds[bin] = Math.max(binEnds[bin]!, binEnds[bin - 1]!);
  return {
    rows,
    order,
    y: Uint8Array.from(order, (row) => y[row]!),
    tieEnds: Uint32Array.from(tieEnds),
    binEnds,
    flagged,
    terms,
    line,
    weights: weights ?? new Float64Array(rows).fill(1),
  };
}

function lineTerms(line: CalibrationLine | undefined, label: number, z: number): readonly number[] {
  if (line === undefined) return [0, 0, 0, 0, 0];
  const q = 1 / (1 + Math.exp(-(line.intercept + line.slope * z)));
  const curvature = q * (1 - q);
  return [label - q, (label - q) * z, curvature, curvature * z, curvature * z * z];
}
