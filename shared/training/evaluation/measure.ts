import { newtonStep } from './calibration.ts';
import type { MetricValues } from './metric-names.ts';
import { type RankedRows, TERMS } from './ranked-rows.ts';

/** All metrics of one set of rows but those that need entities and days. */
export type RowMetrics = Omit<MetricValues, 'cardPrecision100'>;

/**
 * All metrics of ranked rows under the given weights, in one pass.
 *
 * The calibration slope is one step of Newton's method from the slope of all rows: exact for their own weights, and for
 * resampled ones as good as the whole fit to the order of the interval's own error.
 *
 * @param weights by row number; 0 leaves a row out
 */
export function measure(ranked: RankedRows, weights: Float64Array): RowMetrics {
  const { rows, order, y, tieEnds, binEnds, flagged, terms } = ranked;
  let total = 0;
  for (let row = 0; row < rows; row += 1) total += weights[row]!;
  const alertsAt1 = 0.01 * total;
  const alertsAt5 = 0.05 * total;

  // Single declarations, here and below: destructuring would run an iterator for every group of equal scores.
  let positives = 0;
  let negatives = 0;
  let wins = 0;
  let precisionSum = 0;
  let foundAt1 = 0;
  let foundAt5 = 0;
  let flaggedPositives = 0;
  let flaggedNegatives = 0;
  let logLoss = 0;
  let brier = 0;
  let cost = 0;
  let expected = 0;
  let calibrationError = 0;
  let gradient = 0;
  let gradientZ = 0;
  let hessian = 0;
  let hessianZ = 0;
  let hessianZZ = 0;
  let bin = 0;
  let binPositives = 0;
  let binExpected = 0;
  let rank = 0;
  while (binEnds[bin] === 0) bin += 1;
  for (let tie = 0; tie < tieEnds.length; tie += 1) {
    const end = tieEnds[tie]!;
    let tiedPositives = 0;
    let tied = 0;
    for (; rank < end; rank += 1) {
      const weight = weights[order[rank]!]!;
      if (weight === 0) continue;
      tied += weight;
      tiedPositives += weight * y[rank]!;
      const at = rank * TERMS;
      logLoss += weight * terms[at]!;
      brier += weight * terms[at + 1]!;
      cost += weight * terms[at + 2]!;
      expected += weight * terms[at + 3]!;
      gradient += weight * terms[at + 4]!;
      gradientZ += weight * terms[at + 5]!;
      hessian += weight * terms[at + 6]!;
      hessianZ += weight * terms[at + 7]!;
      hessianZZ += weight * terms[at + 8]!;
    }
    if (tied > 0) {
      const before = positives + negatives;
      wins += (tied - tiedPositives) * (positives + tiedPositives / 2);
      positives += tiedPositives;
      negatives += tied - tiedPositives;
      if (tiedPositives > 0) precisionSum += (tiedPositives * positives) / (before + tied);
      // Of rows with equal scores, those that still get an alert are drawn at random: their share counts.
      if (before < alertsAt5) {
        foundAt5 += tiedPositives * Math.min(1, (alertsAt5 - before) / tied);
        if (before < alertsAt1) foundAt1 += tiedPositives * Math.min(1, (alertsAt1 - before) / tied);
      }
    }
    if (rank === flagged) {
      flaggedPositives = positives;
      flaggedNegatives = negatives;
    }
    for (; binEnds[bin]! <= rank; bin += 1) {
      calibrationError += Math.abs(positives - binPositives - (expected - binExpected));
      binPositives = positives;
      binExpected = expected;
    }
  }
  const step = newtonStep({ gradient, gradientZ, hessian, hessianZ, hessianZZ });
  return {
    aucRoc: wins / (positives * negatives),
    averagePrecision: precisionSum / positives,
    logLoss: logLoss / total,
    brier: brier / total,
    expectedCalibrationError: calibrationError / total,
    accuracy: (flaggedPositives + negatives - flaggedNegatives) / total,
    precision: flaggedPositives / (flaggedPositives + flaggedNegatives),
    recall: flaggedPositives / positives,
    f1: (2 * flaggedPositives) / (positives + flaggedPositives + flaggedNegatives),
    falsePositiveRate: flaggedNegatives / negatives,
    flaggedRate: (flaggedPositives + flaggedNegatives) / total,
    recallAt1Percent: foundAt1 / positives,
    recallAt5Percent: foundAt5 / positives,
    cost: cost / total,
    observedToExpected: positives / expected,
    calibrationSlope:
      ranked.line === undefined || step === undefined ? Number.NaN : ranked.line.slope + step.slope,
  };
}
