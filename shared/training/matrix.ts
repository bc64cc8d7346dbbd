/** A table of numbers, row-major: the value of row `r`, column `c` is `values[r * columns + c]`; NaN is missing. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** Rows with their labels: `y[r]` is 1 where row `r` is positive, otherwise 0. */
export interface LabelledMatrix {
  readonly x: Matrix;
  readonly y: Uint8Array;
  /** What each row counts, above 0: a row of weight 2 is as good as two rows. Absent: 1 each. */
  readonly weights?: Float64Array | undefined;
}

/** Data that a learner cannot be fitted on; terminal, because the same data fails again. */
export class TrainingDataError extends Error {
  override readonly name = 'TrainingDataError';
}

/**
 * Checks that shapes and labels agree.
 *
 * @param part what the data are called in the message, such as `training`
 * @throws {TrainingDataError} for no rows, no columns, a length that does not fit the shape, an infinite value, a label
 *   besides 0 and 1, or a weight that is not above 0
 */
export function checkLabelledMatrix({ x, y, weights }: LabelledMatrix, part: string): void {
  if (x.rows < 1 || x.columns < 1) {
    throw new TrainingDataError(`The ${part} data have ${x.rows} rows and ${x.columns} columns.`);
  }
  if (x.values.length !== x.rows * x.columns) {
    throw new TrainingDataError(
      `The ${part} data hold ${x.values.length} values instead of ${x.rows} × ${x.columns}.`,
    );
  }
  if (y.length !== x.rows) {
    throw new TrainingDataError(`The ${part} data have ${x.rows} rows but ${y.length} labels.`);
  }
  const unlabelled = y.findIndex((label) => label > 1);
  if (unlabelled >= 0) {
    throw new TrainingDataError(
      `The label of row ${unlabelled} of the ${part} data is ${y[unlabelled]}, not 0 or 1.`,
    );
  }
  if (weights !== undefined) checkWeights(weights, x.rows, part);
  const infinite = x.values.findIndex((value) => value === Infinity || value === -Infinity);
  if (infinite >= 0) {
    const row = Math.floor(infinite / x.columns);
    const place = `row ${row}, column ${infinite % x.columns} of the ${part} data`;
    throw new TrainingDataError(
      `The value in ${place} is infinite; a value must be finite, or NaN when missing.`,
    );
  }
}

/** As `checkLabelledMatrix`, for data that a learner is fitted on: both labels have to be there. */
export function checkTrainingData(data: LabelledMatrix): void {
  checkLabelledMatrix(data, 'training');
  const [only] = data.y;
  if (data.y.every((label) => label === only)) {
    throw new TrainingDataError(
      `All ${data.y.length} training rows have the label ${only}: both are needed.`,
    );
  }
}

/** The rows of the given numbers, in their order; a number may be there more than once. */
export function selectRows({ x, y, weights }: LabelledMatrix, rows: ArrayLike<number>): LabelledMatrix {
  const values = new Float32Array(rows.length * x.columns);
  const labels = new Uint8Array(rows.length);
  const kept = weights && new Float64Array(rows.length);
  for (let to = 0; to < rows.length; to += 1) {
    const from = rows[to]!;
    values.set(x.values.subarray(from * x.columns, (from + 1) * x.columns), to * x.columns);
    labels[to] = y[from]!;
    if (kept) kept[to] = weights[from]!;
  }
  return { x: { rows: rows.length, columns: x.columns, values }, y: labels, weights: kept };
}

function checkWeights(weights: Float64Array, rows: number, part: string): void {
  if (weights.length !== rows) {
    throw new TrainingDataError(`The ${part} data have ${rows} rows but ${weights.length} weights.`);
  }
  const wrong = weights.findIndex((weight) => !(weight > 0 && weight < Infinity));
  if (wrong >= 0) {
    throw new TrainingDataError(
      `The weight of row ${wrong} of the ${part} data is ${weights[wrong]}; it must be above 0, and finite.`,
    );
  }
}
