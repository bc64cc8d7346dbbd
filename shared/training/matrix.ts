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
}

/** Data that a learner cannot be fitted on; terminal, because the same data fails again. */
export class TrainingDataError extends Error {
  override readonly name = 'TrainingDataError';
}

/**
 * Checks that shapes and labels agree.
 *
 * @param part what the data are called in the message, such as `training`
 * @throws {TrainingDataError} for no rows, no columns, a length that does not fit the shape, an infinite value, or a
 *   label besides 0 and 1
 */
export function checkLabelledMatrix({ x, y }: LabelledMatrix, part: string): void {
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
  const infinite = x.values.findIndex((value) => value === Infinity || value === -Infinity);
  if (infinite >= 0) {
    const row = Math.floor(infinite / x.columns);
    const place = `row ${row}, column ${infinite % x.columns} of the ${part} data`;
    throw new TrainingDataError(
      `The value in ${place} is infinite; a value must be finite, or NaN when missing.`,
    );
  }
}
