import { visitByScore } from './ranking.ts';

/** How good probabilities are. Figures that one class alone does not define are NaN (see the functions). */
export interface Metrics {
  readonly aucRoc: number;
  readonly averagePrecision: number;
  readonly logLoss: number;
  readonly brier: number;
  readonly positiveRate: number;
  readonly rows: number;
}

/**
 * Area under the ROC curve: the chance that a positive row scores higher than a negative one, equal scores counting
 * half (Mann and Whitney). NaN unless both classes are there.
 *
 * @param y 1 for positive, 0 for negative
 * @param scores any numbers, higher for what is more likely positive; not NaN
 * @throws {RangeError} when the lengths differ or a score is NaN
 */
export function aucRoc(y: Uint8Array, scores: Float64Array): number {
  let above = 0;
  let wins = 0;
  let negatives = 0;
  visitByScore(y, scores, (tiedPositives, tiedNegatives) => {
    wins += tiedNegatives * (above + tiedPositives / 2);
    above += tiedPositives;
    negatives += tiedNegatives;
  });
  return wins / (above * negatives);
}

/**
 * Average precision: Σ (Rₙ − Rₙ₋₁) Pₙ over the different scores as thresholds, without interpolation, as scikit-learn
 * has it. NaN without a positive row.
 *
 * @param y 1 for positive, 0 for negative
 * @param scores any numbers, higher for what is more likely positive; not NaN
 * @throws {RangeError} when the lengths differ or a score is NaN
 */
export function averagePrecision(y: Uint8Array, scores: Float64Array): number {
  let found = 0;
  let selected = 0;
  let sum = 0;
  visitByScore(y, scores, (tiedPositives, tiedNegatives) => {
    found += tiedPositives;
    selected += tiedPositives + tiedNegatives;
    sum += (tiedPositives * found) / selected;
  });
  return sum / found;
}

/**
 * Mean log loss, natural logarithm. Probabilities are kept 2⁻⁵² away from 0 and 1, as scikit-learn does, so that one
 * wrong certainty is not infinitely bad. NaN without rows.
 *
 * @param p the probability of being positive
 * @throws {RangeError} when the lengths differ or a probability is not within 0 and 1
 */
export function logLoss(y: Uint8Array, p: Float64Array): number {
  return meanOverRows(y, p, (label, probability) => {
    const kept = Math.min(Math.max(probability, Number.EPSILON), 1 - Number.EPSILON);
    return -Math.log(label === 1 ? kept : 1 - kept);
  });
}

/**
 * Brier score: mean squared difference of probability and outcome. NaN without rows.
 *
 * @throws {RangeError} when the lengths differ or a probability is not within 0 and 1
 */
export function brierScore(y: Uint8Array, p: Float64Array): number {
  return meanOverRows(y, p, (label, probability) => (probability - label) ** 2);
}

/** All metrics of probabilities `p` against outcomes `y`. */
export function summarise(y: Uint8Array, p: Float64Array): Metrics {
  return {
    aucRoc: aucRoc(y, p),
    averagePrecision: averagePrecision(y, p),
    logLoss: logLoss(y, p),
    brier: brierScore(y, p),
    positiveRate: y.reduce((sum, label) => sum + label, 0) / y.length,
    rows: y.length,
  };
}

function meanOverRows(
  y: Uint8Array,
  p: Float64Array,
  of: (label: number, probability: number) => number,
): number {
  if (y.length !== p.length) throw new RangeError(`${y.length} labels but ${p.length} probabilities.`);
  let sum = 0;
  for (let row = 0; row < p.length; row += 1) {
    const probability = p[row]!;
    if (!(probability >= 0 && probability <= 1)) {
      throw new RangeError(`The probability of row ${row} is ${probability}, not within 0 and 1.`);
    }
    sum += of(y[row]!, probability);
  }
  return sum / p.length;
}
