/** log(p / (1 − p)) with p kept 2⁻⁵² away from 0 and 1, as for the log loss. */
export function logit(p: number): number {
  const kept = Math.min(Math.max(p, Number.EPSILON), 1 - Number.EPSILON);
  return Math.log(kept / (1 - kept));
}

/** A logistic regression of the label on the logit of the probability. Well calibrated: intercept 0, slope 1. */
export interface CalibrationLine {
  readonly intercept: number;
  readonly slope: number;
}

const MAX_STEPS = 50;

/**
 * Fits the calibration line by Newton's method (Cox, "Two further applications of a model for binary regression",
 * 1958). A slope below 1 says that the probabilities are too extreme, one above 1 that they are too timid.
 * @param y 1 for positive, 0 for negative
 * @param weights one per row; 1 where absent
 * @returns undefined where the rows do not determine a line: one class, one probability, or classes that the score
 *   separates perfectly
 */
export function calibrationLine(
  y: Uint8Array,
  p: Float64Array,
  weights?: Float64Array,
): CalibrationLine | undefined {
  const z = p.map(logit);
  let line: CalibrationLine = { intercept: 0, slope: 1 };
  let before = Infinity;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const sums = emptySums();
    let deviance = 0;
    for (let row = 0; row < y.length; row += 1) {
      const weight = weights?.[row] ?? 1;
      if (weight === 0) continue;
      const eta = line.intercept + line.slope * z[row]!;
      const label = y[row]!;
      deviance += weight * (Math.max(eta, 0) + Math.log1p(Math.exp(-Math.abs(eta))) - label * eta);
      addTo(sums, weight, label, 1 / (1 + Math.exp(-eta)), z[row]!);
    }
    const move = newtonStep(sums);
    if (move === undefined) return undefined;
    if (Math.abs(before - deviance) <= 1e-12 * Math.abs(deviance)) return line;
    before = deviance;
    // Far from the optimum a whole step may overshoot: no coefficient moves by more than 3.
    const whole = Math.min(1, 3 / Math.max(Math.abs(move.intercept), Math.abs(move.slope)));
    line = { intercept: line.intercept + whole * move.intercept, slope: line.slope + whole * move.slope };
  }
  return undefined;
}

/** Gradient and Hessian of the log likelihood of a calibration line. */
export interface LineSums {
  gradient: number;
  gradientZ: number;
  hessian: number;
  hessianZ: number;
  hessianZZ: number;
}

function emptySums(): LineSums {
  return { gradient: 0, gradientZ: 0, hessian: 0, hessianZ: 0, hessianZZ: 0 };
}

function addTo(sums: LineSums, weight: number, label: number, q: number, z: number): void {
  const residual = weight * (label - q);
  const curvature = weight * q * (1 - q);
  sums.gradient += residual;
  sums.gradientZ += residual * z;
  sums.hessian += curvature;
  sums.hessianZ += curvature * z;
  sums.hessianZZ += curvature * z * z;
}

/** The step of Newton's method, or undefined where the Hessian is singular. */
export function newtonStep(sums: LineSums): CalibrationLine | undefined {
  const { gradient, gradientZ, hessian, hessianZ, hessianZZ } = sums;
  const determinant = hessian * hessianZZ - hessianZ * hessianZ;
  if (!(determinant > 1e-12 * hessian * hessianZZ)) return undefined;
  return {
    intercept: (hessianZZ * gradient - hessianZ * gradientZ) / determinant,
    slope: (hessian * gradientZ - hessianZ * gradient) / determinant,
  };
}
