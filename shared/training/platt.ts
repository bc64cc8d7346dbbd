import { sigmoid } from '../onnx/tree-ensemble.ts';

/** A calibration: margin × slope + offset are the log-odds that outcomes bear out. */
export interface Platt {
  readonly slope: number;
  readonly offset: number;
}

/** The least slope: a model without any rank correlation still keeps its order, next to the base rate. */
const LEAST_SLOPE = 1e-3;
const MAX_STEPS = 100;
const CONVERGED = 1e-10;

/**
 * Platt scaling: the slope and offset that make the outcomes most likely, with targets a little inside 0 and 1, by
 * Newton's method with halved steps (Platt, "Probabilistic outputs for support vector machines", 1999; Lin, Lin, Weng,
 * "A note on Platt's probabilistic outputs", 2007). The slope is above 0, so that the order of the rows stays.
 *
 * @param margins log-odds of rows that the model was not fitted on
 * @param y 1 for positive, 0 for negative; both have to be there
 * @param weights what each row counts; absent: 1
 * @throws RangeError where lengths differ, a margin is not finite, or a class is missing
 */
export function fitPlatt(margins: Float64Array, y: Uint8Array, weights?: Float64Array): Platt {
  if (margins.length !== y.length || (weights && weights.length !== y.length))
    throw new RangeError(`${margins.length} margins, ${y.length} labels and ${weights?.length} weights.`);
  if (!margins.every(Number.isFinite)) throw new RangeError('A margin is not a finite number.');
  const mass = [0, 0];
  y.forEach((label, row) => (mass[label] = mass[label]! + (weights?.[row] ?? 1)));
  const [negative, positive] = mass;
  if (!(negative! > 0 && positive! > 0)) throw new RangeError('Calibration needs rows of both classes.');
  const targets = [1 / (negative! + 2), (positive! + 1) / (positive! + 2)] as const;
  const rows: Rows = { margins, y, weights, targets };
  const start = { slope: 1, offset: 0 };
  const free = maximise(rows, start, true);
  return free.slope >= LEAST_SLOPE
    ? free
    : maximise(rows, { slope: LEAST_SLOPE, offset: Math.log(positive! / negative!) }, false);
}

interface Rows {
  readonly margins: Float64Array;
  readonly y: Uint8Array;
  readonly weights: Float64Array | undefined;
  /** What the labels 0 and 1 are taken for. */
  readonly targets: readonly [number, number];
}

/** Newton's method from `start`, for slope and offset or for the offset alone. */
function maximise(rows: Rows, start: Platt, slopeToo: boolean): Platt {
  let current = start;
  let loss = lossOf(rows, current);
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const change = newtonStep(rows, current, slopeToo);
    let next = current;
    let nextLoss = loss;
    for (let length = 1; length > CONVERGED; length /= 2) {
      next = {
        slope: current.slope + length * change.slope,
        offset: current.offset + length * change.offset,
      };
      nextLoss = lossOf(rows, next);
      if (nextLoss <= loss) break;
    }
    if (!(nextLoss <= loss)) break;
    const moved = Math.max(Math.abs(next.slope - current.slope), Math.abs(next.offset - current.offset));
    [current, loss] = [next, nextLoss];
    if (moved < CONVERGED) break;
  }
  return current;
}

/** The step to the minimum of the loss's second-order approximation. */
function newtonStep(
  { margins, y, weights, targets }: Rows,
  { slope, offset }: Platt,
  slopeToo: boolean,
): Platt {
  // The ridge keeps the system solvable where all margins are the same.
  const ridge = 1e-12;
  let [bySlope, byOffset, slopes, both, offsets] = [0, 0, ridge, 0, ridge];
  for (let row = 0; row < margins.length; row += 1) {
    const margin = margins[row]!;
    const weight = weights?.[row] ?? 1;
    const probability = sigmoid(slope * margin + offset);
    const residual = weight * (probability - targets[y[row] === 1 ? 1 : 0]);
    const curvature = weight * probability * (1 - probability);
    bySlope += residual * margin;
    byOffset += residual;
    slopes += curvature * margin * margin;
    both += curvature * margin;
    offsets += curvature;
  }
  if (!slopeToo) return { slope: 0, offset: -byOffset / offsets };
  const determinant = slopes * offsets - both * both;
  return {
    slope: -(offsets * bySlope - both * byOffset) / determinant,
    offset: -(slopes * byOffset - both * bySlope) / determinant,
  };
}

/** The cross-entropy of probabilities and targets, summed over weighted rows. */
function lossOf({ margins, y, weights, targets }: Rows, { slope, offset }: Platt): number {
  let loss = 0;
  for (let row = 0; row < margins.length; row += 1) {
    const margin = slope * margins[row]! + offset;
    const target = targets[y[row] === 1 ? 1 : 0];
    loss +=
      (weights?.[row] ?? 1) *
      (Math.max(margin, 0) - target * margin + Math.log1p(Math.exp(-Math.abs(margin))));
  }
  return loss;
}
